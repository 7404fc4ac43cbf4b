using Hydra.Engine.Workers;
using Hydra.Storage;

namespace Hydra.Engine.Pruning;

/// <summary>What a walk deletes.</summary>
/// <param name="Least">The shortest time that anything of it is kept.</param>
/// <param name="KeptFor">How long an execution is kept from its end; null for ever.</param>
internal sealed record PrunePlan(TimeSpan Least, Func<EndedRow, TimeSpan?> KeptFor)
{
    public int Limit { get; init; } = int.MaxValue;

    public bool DryRun { get; init; }

    public IExecutionArchive? Archive { get; init; }

    /// <summary>What a worker does by the options of its engine; null when they keep everything.</summary>
    public static PrunePlan? Of(RetentionOptions options, WorkflowRegistry registry) => options.Least is not { } least
        ? null
        : new PrunePlan(least, ended => options.Find(
            ended.Workflow, registry.Find(ended.Workflow)?.Name ?? ended.Workflow, ended.State))
        {
            Archive = options.Archive,
        };

    /// <summary>What somebody has asked for.</summary>
    public static PrunePlan Of(PruneOptions options) => new(
        options.OlderThan,
        ended => (options.Workflow is null || options.Workflow == ended.Workflow)
            && (options.State is null || options.State == ended.State)
                ? options.OlderThan
                : null)
    {
        Limit = options.Limit,
        DryRun = options.DryRun,
        Archive = options.Archive,
    };

    public bool IsOldEnough(EndedRow ended, Instant now) =>
        KeptFor(ended) is { } kept && ended.FinishedAt.Plus(kept) <= now;
}
