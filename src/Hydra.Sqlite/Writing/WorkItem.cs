using Hydra.Sqlite.Transitions;

namespace Hydra.Sqlite.Writing;

/// <summary>One call that writes, waiting for its turn on the writer thread.</summary>
internal abstract class WorkItem
{
    /// <summary>Whether the caller has given up, so that nothing needs to be done.</summary>
    public abstract bool Abandoned { get; }

    /// <summary>Does the work inside an open transaction. It may be done again after a rollback.</summary>
    public abstract void Run(WriteTransitions transitions);

    /// <summary>Answers the caller once the transaction is durable.</summary>
    public abstract void Complete();

    /// <summary>Tells the caller why nothing was done, or that it is unknown.</summary>
    public abstract void Fail(StoreException exception);
}
