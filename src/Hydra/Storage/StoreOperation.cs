namespace Hydra.Storage;

/// <summary>One durable change of one execution. A batch of them commits as a whole; each has its own answer.</summary>
/// <remarks>
/// Every operation is idempotent under an identity made by the client, so that a batch whose outcome is in doubt can
/// be submitted again: a start by its execution id, an advance by execution, epoch and seq, a cancellation by its flag,
/// a termination by its failure, a retry by its number.
/// </remarks>
public abstract record StoreOperation
{
    private protected StoreOperation()
    {
    }

    /// <summary>The execution that it changes.</summary>
    public required ExecutionId Id { get; init; }

    /// <summary>The key of the subject whose data it has, until that is encoded.</summary>
    internal SubjectKey? Subject { get; init; }

    /// <summary>Roughly how many bytes it takes, for the bounds of a batch.</summary>
    public abstract int Size { get; }
}
