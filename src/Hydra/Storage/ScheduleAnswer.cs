namespace Hydra.Storage;

/// <summary>What became of a change of a schedule, which is durable when this is returned.</summary>
/// <param name="Now">The database's clock.</param>
/// <param name="IsApplied">
/// Whether the change was applied, now or when it was submitted before. If not, it is stale: another change came first,
/// and nothing was written.
/// </param>
/// <param name="Row">The schedule as it stands now; null when there is none.</param>
/// <param name="Answers">One answer per operation, in their order; none when the change is stale.</param>
public sealed record ScheduleAnswer(
    Instant Now, bool IsApplied, ScheduleRow? Row, IReadOnlyList<OperationAnswer> Answers);
