using System.Data;
using System.Data.Common;
using Hydra.Storage;

namespace Hydra.Engine;

/// <summary>What a store does in transactions of its users, with payloads encoded and decoded.</summary>
internal sealed class EncodingTransactions(ITransactionalStore transactions, RowCodec codec) : ITransactionalStore
{
    public IStartTables? StartTables => transactions.StartTables;

    public Task<IReadOnlyList<OperationAnswer>> WriteAsync(
        DbTransaction transaction, IReadOnlyList<StoreOperation> operations, CancellationToken cancellationToken) =>
        transactions.WriteAsync(transaction, [.. operations.Select(codec.Encode)], cancellationToken);

    public Task<StepTransaction> BeginAsync(IsolationLevel isolation, CancellationToken cancellationToken) =>
        transactions.BeginAsync(isolation, cancellationToken);

    public Task PrepareAsync(DbTransaction transaction, TimeSpan limit, CancellationToken cancellationToken) =>
        transactions.PrepareAsync(transaction, limit, cancellationToken);

    public IDisposable? InterruptOn(DbTransaction transaction, CancellationToken token) =>
        transactions.InterruptOn(transaction, token);

    public Task<LandingAnswer> LandAsync(
        DbTransaction transaction, ExecutionId id, StepTry landed, CancellationToken cancellationToken) =>
        transactions.LandAsync(transaction, id, codec.Encode(id, landed), cancellationToken);

    public async Task<StepTry?> BarAsync(ExecutionId id, StepTry bar, CancellationToken cancellationToken) =>
        await transactions.BarAsync(id, codec.Encode(id, bar), cancellationToken) is { } landed
            ? Decode(id, landed)
            : null;

    public async Task<IReadOnlyList<StepTry>> ReadLandedAsync(
        ExecutionId id, string key, CancellationToken cancellationToken) =>
        [.. (await transactions.ReadLandedAsync(id, key, cancellationToken)).Select(landed => Decode(id, landed))];

    public TransactionFate Judge(Exception error) => transactions.Judge(error);

    /// <summary>
    /// What has landed and cannot be read here is not to be known here, however often it is asked for.
    /// </summary>
    private StepTry Decode(ExecutionId id, StepTry landed)
    {
        try
        {
            return codec.Decode(id, landed);
        }
        catch (PayloadException e)
        {
            throw new StoreException(StoreErrorKind.Deterministic, e.Message, e);
        }
    }
}
