using System.Data;
using System.Data.Common;

namespace Hydra.Testing;

/// <summary>What the store of a <see cref="FaultyStore"/> does in transactions, with faults around it.</summary>
internal sealed class FaultyTransactions(ITransactionalStore transactions, FaultyStore store) : ITransactionalStore
{
    public IStartTables? StartTables => transactions.StartTables;

    public Task<IReadOnlyList<OperationAnswer>> WriteAsync(
        DbTransaction transaction, IReadOnlyList<StoreOperation> operations, CancellationToken cancellationToken) =>
        store.CallAsync(
            StoreCallKind.Write,
            () => transactions.WriteAsync(transaction, operations, cancellationToken),
            cancellationToken,
            failed: fault => fault.EndsTransaction
                ? transaction.RollbackAsync(CancellationToken.None)
                : Task.CompletedTask);

    public Task<StepTransaction> BeginAsync(IsolationLevel isolation, CancellationToken cancellationToken)
    {
        FaultyTransaction? begun = null;
        return store.CallAsync<StepTransaction>(
            StoreCallKind.Begin,
            async () => begun = new FaultyTransaction(
                await transactions.BeginAsync(isolation, cancellationToken), store),
            cancellationToken,
            failed: async _ => await (begun?.DisposeAsync() ?? ValueTask.CompletedTask));
    }

    public Task PrepareAsync(DbTransaction transaction, TimeSpan limit, CancellationToken cancellationToken) =>
        store.CallAsync(
            StoreCallKind.Prepare,
            () => transactions.PrepareAsync(transaction, limit, cancellationToken),
            cancellationToken);

    public IDisposable? InterruptOn(DbTransaction transaction, CancellationToken token) =>
        transactions.InterruptOn(transaction, token);

    public Task<LandingAnswer> LandAsync(
        DbTransaction transaction,
        SessionId session,
        ExecutionId id,
        StepTry landed,
        CancellationToken cancellationToken) =>
        store.CallAsync(
            StoreCallKind.Land,
            () => transactions.LandAsync(transaction, session, id, landed, cancellationToken),
            cancellationToken);

    public Task<StepTry?> BarAsync(
        SessionId session, ExecutionId id, StepTry bar, CancellationToken cancellationToken) =>
        store.CallAsync(
            StoreCallKind.Bar, () => transactions.BarAsync(session, id, bar, cancellationToken), cancellationToken);

    public Task<IReadOnlyList<StepTry>> ReadLandedAsync(
        ExecutionId id, string key, CancellationToken cancellationToken) => store.CallAsync(
        StoreCallKind.ReadLanded, () => transactions.ReadLandedAsync(id, key, cancellationToken), cancellationToken);

    /// <summary>What was injected is judged by what it says, whatever it is wrapped in; else the store does.</summary>
    public TransactionFate Judge(Exception error)
    {
        for (var inner = error; inner is not null; inner = inner.InnerException)
        {
            if (inner is InjectedException injected)
            {
                return injected.Fault.Fate;
            }
        }

        return transactions.Judge(error);
    }
}
