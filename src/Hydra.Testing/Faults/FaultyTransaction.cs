using System.Data.Common;

namespace Hydra.Testing;

/// <summary>A transaction that a <see cref="FaultyStore"/> has begun for a step.</summary>
/// <remarks>
/// When its commit is to come late it stays open, locks and all, though its user has given it back: as on a server that
/// has the COMMIT of a connection whose client is gone.
/// </remarks>
internal sealed class FaultyTransaction : StepTransaction
{
    private readonly StepTransaction _inner;
    private readonly FaultyStore _store;
    private volatile bool _isLate;

    public FaultyTransaction(StepTransaction inner, FaultyStore store)
    {
        (_inner, _store) = (inner, store);
        store.Remember(this);
    }

    public override DbTransaction Transaction => _inner.Transaction;

    public override Task FlushAsync(CancellationToken cancellationToken) => _inner.FlushAsync(cancellationToken);

    public override Task CommitAsync(CancellationToken cancellationToken) => _store.CallAsync(
        StoreCallKind.CommitTransaction,
        async () =>
        {
            await _inner.CommitAsync(cancellationToken);
            if (_isLate)
            {
                await EndAsync();
            }
        },
        cancellationToken,
        failed: fault =>
        {
            _isLate = fault.IsLate;
            return Task.CompletedTask;
        });

    public override ValueTask DisposeAsync() => _isLate ? ValueTask.CompletedTask : EndAsync();

    /// <summary>Undoes it unless it has been committed.</summary>
    public ValueTask EndAsync()
    {
        _store.Forget(this);
        return _inner.DisposeAsync();
    }
}
