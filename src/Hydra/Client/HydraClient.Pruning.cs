using Hydra.Engine.Pruning;

namespace Hydra;

/// <content>Deleting what has ended.</content>
internal sealed partial class HydraClient
{
    public Task<PruneSummary> PruneAsync(PruneOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return Enter(() => store.Retention is { } retention
            ? new Pruner(store, retention, runtime, metrics, codec, log).PruneAsync(
                PrunePlan.Of(options), beat: null, cancellationToken)
            : throw new NotSupportedException(
                $"The store '{store.Capabilities.Name}' keeps executions for ever: it cannot delete them."));
    }
}
