using System.Data;
using System.Data.Common;
using Hydra.Storage;

namespace Hydra.Engine;

/// <summary>What a store does in transactions of its users, with payloads encoded and decoded.</summary>
internal sealed class EncodingTransactions(ITransactionalStore transactions, RowCodec codec) : ITransactionalStore
{
    public IStartTables? StartTables => transactions.StartTables;

    public async Task<IReadOnlyList<OperationAnswer>> WriteAsync(
        DbTransaction transaction, IReadOnlyList<StoreOperation> operations, CancellationToken cancellationToken)
    {
        var encoded = new List<StoreOperation>(operations.Count);
        foreach (var operation in operations)
        {
            encoded.Add(codec.Encode(await codec.ResolveAsync(operation, cancellationToken)));
        }

        return await transactions.WriteAsync(transaction, encoded, cancellationToken);
    }

    public Task<StepTransaction> BeginAsync(IsolationLevel isolation, CancellationToken cancellationToken) =>
        transactions.BeginAsync(isolation, cancellationToken);

    public Task PrepareAsync(DbTransaction transaction, TimeSpan limit, CancellationToken cancellationToken) =>
        transactions.PrepareAsync(transaction, limit, cancellationToken);

    public IDisposable? InterruptOn(DbTransaction transaction, CancellationToken token) =>
        transactions.InterruptOn(transaction, token);

    public Task<LandingAnswer> LandAsync(
        DbTransaction transaction,
        SessionId session,
        ExecutionId id,
        StepTry landed,
        CancellationToken cancellationToken) =>
        transactions.LandAsync(transaction, session, id, codec.Encode(id, landed), cancellationToken);

    public async Task<StepTry?> BarAsync(
        SessionId session, ExecutionId id, StepTry bar, CancellationToken cancellationToken) =>
        await transactions.BarAsync(session, id, codec.Encode(id, bar), cancellationToken) is { } landed
            ? (await DecodeAsync(id, [landed], cancellationToken))[0]
            : null;

    public async Task<IReadOnlyList<StepTry>> ReadLandedAsync(
        ExecutionId id, string key, CancellationToken cancellationToken) =>
        await DecodeAsync(id, await transactions.ReadLandedAsync(id, key, cancellationToken), cancellationToken);

    public TransactionFate Judge(Exception error) => transactions.Judge(error);

    /// <summary>
    /// What has landed and cannot be read here is not to be known here, however often it is asked for.
    /// </summary>
    private async Task<IReadOnlyList<StepTry>> DecodeAsync(
        ExecutionId id, IReadOnlyList<StepTry> rows, CancellationToken cancellationToken)
    {
        await codec.LoadAsync(RowCodec.PayloadsOf(rows), cancellationToken);
        try
        {
            return [.. rows.Select(row => codec.Decode(id, row))];
        }
        catch (PayloadException e)
        {
            throw new StoreException(StoreErrorKind.Deterministic, e.Message, e);
        }
    }
}
