namespace Hydra.Testing;

/// <summary>How a <see cref="FaultyStore"/> forgets.</summary>
internal sealed class FaultyRetention(IRetentionStore retention, FaultyStore store) : IRetentionStore
{
    public Task<EndedPage> ListEndedAsync(
        ExecutionId? after, ExecutionId before, int limit, CancellationToken cancellationToken) => store.CallAsync(
        StoreCallKind.ListEnded,
        () => retention.ListEndedAsync(after, before, limit, cancellationToken),
        cancellationToken);

    public Task<IReadOnlyList<ExecutionId>> DeleteAsync(
        IReadOnlyList<EndedRow> executions, CancellationToken cancellationToken) => store.CallAsync(
        StoreCallKind.DeleteEnded, () => retention.DeleteAsync(executions, cancellationToken), cancellationToken);
}
