using System.Data;
using System.Data.Common;
using Hydra.Storage;

namespace Hydra.Engine;

/// <summary>Where a transactional step gets its transactions from.</summary>
/// <param name="Begin">How something else begins one; null when the engine does.</param>
/// <param name="DataSource">The user's own source of connections; null for the store's.</param>
/// <param name="Isolation">How the engine isolates it.</param>
internal sealed record TransactionSource(
    Func<IServiceProvider, CancellationToken, ValueTask<StepTransaction>>? Begin,
    DbDataSource? DataSource,
    IsolationLevel Isolation)
{
    public async ValueTask<StepTransaction> BeginAsync(
        IServiceProvider services, ITransactionalStore store, CancellationToken cancellationToken) =>
        Begin is not null ? await Begin(services, cancellationToken)
        : DataSource is not null ? await ConnectionTransaction.BeginAsync(DataSource, Isolation, cancellationToken)
        : await store.BeginAsync(Isolation, cancellationToken);
}
