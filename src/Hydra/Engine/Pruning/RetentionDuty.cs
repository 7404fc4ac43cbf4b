namespace Hydra.Engine.Pruning;

/// <summary>What a worker has to delete, and how often it looks.</summary>
internal sealed class RetentionDuty(Pruner pruner, PrunePlan plan, TimeSpan interval)
{
    public TimeSpan Interval => interval;

    /// <param name="beat">Called before each piece.</param>
    /// <param name="cancellationToken">Ends it after the piece that it is at.</param>
    public Task<PruneSummary> PruneAsync(Action beat, CancellationToken cancellationToken) =>
        pruner.PruneAsync(plan, beat, cancellationToken);
}
