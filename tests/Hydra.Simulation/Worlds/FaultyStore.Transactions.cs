using System.Data;
using System.Data.Common;
using Hydra.Storage;

namespace Hydra.Simulation.Worlds;

/// <content>Transactions in which bodies of steps write, over the same network.</content>
internal sealed partial class FaultyStore : ITransactionalStore
{
    public ITransactionalStore Transactions => this;

    public IStartTables? StartTables => null;

    public IScheduleStore? Schedules =>
        Scenario.HasSchedules ? new FaultySchedules(this, _inner.Schedules!) : null;

    public IRetentionStore? Retention =>
        Scenario.HasRetention ? new FaultyRetention(this, _inner.Retention!) : null;

    public Task<IReadOnlyList<OperationAnswer>> WriteAsync(
        DbTransaction transaction, IReadOnlyList<StoreOperation> operations, CancellationToken cancellationToken) =>
        throw new NotSupportedException("No starts in transactions are simulated.");

    public Task<StepTransaction> BeginAsync(IsolationLevel isolation, CancellationToken cancellationToken) =>
        Call(CallKind.Begin, () => new SimulatedTransaction(this).ForStep());

    public Task PrepareAsync(DbTransaction transaction, TimeSpan limit, CancellationToken cancellationToken) =>
        Call(CallKind.Prepare, static () => 0);

    public IDisposable? InterruptOn(DbTransaction transaction, CancellationToken token) => null;

    public Task<LandingAnswer> LandAsync(
        DbTransaction transaction,
        SessionId session,
        ExecutionId id,
        StepTry landed,
        CancellationToken cancellationToken) => Call(
        CallKind.Land,
        () => Scenario.Transactions.Land((SimulatedTransaction)transaction, session, id, landed),
        () => [id],
        () => Scenario.Locks.HeldFor(id));

    public Task<StepTry?> BarAsync(
        SessionId session, ExecutionId id, StepTry bar, CancellationToken cancellationToken) =>
        Call(
            CallKind.Bar,
            () => Scenario.Transactions.Bar(session, id, bar),
            () => [id],
            () => Scenario.Locks.HeldFor(id));

    public Task<IReadOnlyList<StepTry>> ReadLandedAsync(
        ExecutionId id, string key, CancellationToken cancellationToken) =>
        Call(CallKind.ReadLanded, () => Scenario.Transactions.ReadLanded(id, key), () => [id]);

    public TransactionFate Judge(Exception error) => error switch
    {
        StoreException { Kind: StoreErrorKind.RolledBack } => TransactionFate.WorthRepeating,
        StoreException { Kind: StoreErrorKind.NotSent or StoreErrorKind.Deterministic } => TransactionFate.Undone,
        _ => TransactionFate.Unknown,
    };

    public Task CommitAsync(SimulatedTransaction transaction) => Call(
        CallKind.CommitUser,
        () =>
        {
            Scenario.Transactions.Commit(transaction);
            return 0;
        },
        () => [transaction.Landed!.Value.Id]);
}
