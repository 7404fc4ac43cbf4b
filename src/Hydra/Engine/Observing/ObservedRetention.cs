using Hydra.Storage;

namespace Hydra.Engine.Observing;

/// <summary>Counts what the store does to forget.</summary>
internal sealed class ObservedRetention(IRetentionStore store, ObservedStore gate) : IRetentionStore
{
    public Task<EndedPage> ListEndedAsync(
        ExecutionId? after, ExecutionId before, int limit, CancellationToken cancellationToken) =>
        gate.Watch("list_ended", store.ListEndedAsync(after, before, limit, cancellationToken));

    public Task<IReadOnlyList<ExecutionId>> DeleteAsync(
        IReadOnlyList<EndedRow> executions, CancellationToken cancellationToken) =>
        gate.Watch("delete_ended", store.DeleteAsync(executions, cancellationToken));
}
