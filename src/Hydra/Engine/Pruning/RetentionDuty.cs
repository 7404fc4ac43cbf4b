namespace Hydra.Engine.Pruning;

/// <summary>What a worker has to delete, and how often it looks.</summary>
internal sealed class RetentionDuty(Pruner pruner, PrunePlan plan, TimeSpan interval)
{
    public TimeSpan Interval => interval;

    public Task<PruneSummary> PruneAsync(CancellationToken cancellationToken) =>
        pruner.PruneAsync(plan, cancellationToken);
}
