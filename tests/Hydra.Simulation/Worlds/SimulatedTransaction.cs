using System.Data;
using System.Data.Common;
using Hydra.Simulation.Faults;
using Hydra.Storage;

namespace Hydra.Simulation.Worlds;

/// <summary>A user's transaction: what is written in it is in the ledger once the database has committed it.</summary>
internal sealed class SimulatedTransaction(FaultyStore store) : DbTransaction
{
    public List<LedgerEntry> Written { get; } = [];

    /// <summary>By whom, of which execution and what has been landed in it.</summary>
    public (SessionId Session, ExecutionId Id, StepTry Try)? Landed { get; set; }

    public override IsolationLevel IsolationLevel => IsolationLevel.Serializable;

    protected override DbConnection? DbConnection => null;

    public override void Commit() => throw new NotSupportedException();

    public override void Rollback() => throw new NotSupportedException();

    /// <summary>The transaction as the engine has it.</summary>
    public StepTransaction ForStep() => new Step(store, this);

    /// <remarks>Giving it up undoes nothing that is on its way: a commit may come through all the same.</remarks>
    private sealed class Step(FaultyStore store, SimulatedTransaction transaction) : StepTransaction
    {
        public override DbTransaction Transaction => transaction;

        public override Task CommitAsync(CancellationToken cancellationToken) => store.CommitAsync(transaction);

        public override ValueTask DisposeAsync() => store.World.Chance.PerMille(store.Scenario.Faults.NotSent)
            ? ValueTask.FromException(Fate.NotSent.Error())
            : ValueTask.CompletedTask;
    }
}
