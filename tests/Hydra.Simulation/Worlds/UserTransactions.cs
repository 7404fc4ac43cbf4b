using Hydra.Memory;
using Hydra.Simulation.Bugs;
using Hydra.Storage;

namespace Hydra.Simulation.Worlds;

/// <summary>The database's side of transactions in which bodies of steps write.</summary>
/// <remarks>
/// The fence is looked at again with the commit, which is one moment here: where a real database keeps whoever would
/// take over waiting, the order of both decides.
/// </remarks>
internal sealed class UserTransactions(Scenario scenario)
{
    /// <summary>What has been committed.</summary>
    public List<LedgerEntry> Ledger { get; } = [];

    private PlantedBug Bug => scenario.Bug;

    public LandingAnswer Land(SimulatedTransaction transaction, SessionId session, ExecutionId id, StepTry landed)
    {
        transaction.Landed = (session, id, landed);
        var stored = scenario.Tables.Get(id);
        if (!IsOwned(stored, session, landed))
        {
            return LandingAnswer.Fenced;
        }

        if (stored.Tries.ContainsKey(TryKey.Of(landed)))
        {
            return LandingAnswer.Barred;
        }

        if (Bug == PlantedBug.LandedFirst)
        {
            Insert(stored, landed);
        }

        return LandingAnswer.Landed;
    }

    public void Commit(SimulatedTransaction transaction)
    {
        var (session, id, landed) = transaction.Landed!.Value;
        var stored = scenario.Tables.Get(id);
        var isThere = stored.Tries.ContainsKey(TryKey.Of(landed)) && Bug != PlantedBug.LandedFirst;
        if (!IsOwned(stored, session, landed) || isThere)
        {
            throw new StoreException(StoreErrorKind.RolledBack, "simulated: the landing came too late");
        }

        Ledger.AddRange(transaction.Written);
        Insert(stored, landed);
    }

    public StepTry? Bar(SessionId session, ExecutionId id, StepTry bar)
    {
        var stored = scenario.Tables.Get(id);
        var there = stored.Tries.GetValueOrDefault(TryKey.Of(bar));
        if (there is null && Bug != PlantedBug.NoBar && IsOwned(stored, session, bar))
        {
            Insert(stored, bar);
        }

        return there is { Failure.IsNone: true } ? there : null;
    }

    public IReadOnlyList<StepTry> ReadLanded(ExecutionId id, string key) =>
        [.. scenario.Tables.Get(id).Tries.Values.Where(one => one.Key == key && one.IsResult())];

    private bool IsOwned(StoredExecution stored, SessionId session, StepTry one) => Bug == PlantedBug.LandingUnfenced
        || (stored.Row.Epoch == one.Epoch && stored.Row.Owner == session && stored.Row.State == ExecutionState.Running);

    private void Insert(StoredExecution stored, StepTry one)
    {
        scenario.Tables.Begin();
        scenario.Tables.Touch(stored);
        stored.Tries = stored.Tries.SetItem(TryKey.Of(one), one);
    }
}
