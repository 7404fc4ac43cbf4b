namespace Hydra.Testing;

/// <summary>How a <see cref="LandingStore"/> forgets: what has landed goes with its execution.</summary>
internal sealed class LandingRetention(IRetentionStore retention, Landings landings) : IRetentionStore
{
    public Task<EndedPage> ListEndedAsync(
        ExecutionId? after, ExecutionId before, int limit, CancellationToken cancellationToken) =>
        retention.ListEndedAsync(after, before, limit, cancellationToken);

    public async Task<IReadOnlyList<ExecutionId>> DeleteAsync(
        IReadOnlyList<EndedRow> executions, CancellationToken cancellationToken)
    {
        var deleted = await retention.DeleteAsync(executions, cancellationToken);
        foreach (var id in deleted)
        {
            landings.Forget(id);
        }

        return deleted;
    }
}
