using Hydra.Storage;

namespace Hydra.Simulation.Worlds;

/// <summary>What has ended, over the same network as all else.</summary>
internal sealed class FaultyRetention(FaultyStore store, IRetentionStore inner) : IRetentionStore
{
    public Task<EndedPage> ListEndedAsync(
        ExecutionId? after, ExecutionId before, int limit, CancellationToken cancellationToken) => store.Call(
        CallKind.ListEnded,
        () => inner.ListEndedAsync(after, before, limit, CancellationToken.None).GetAwaiter().GetResult());

    public Task<IReadOnlyList<ExecutionId>> DeleteAsync(
        IReadOnlyList<EndedRow> executions, CancellationToken cancellationToken) => store.Call(
        CallKind.DeleteEnded,
        () => inner.DeleteAsync(executions, CancellationToken.None).GetAwaiter().GetResult(),
        () => executions.Select(static ended => ended.Id));
}
