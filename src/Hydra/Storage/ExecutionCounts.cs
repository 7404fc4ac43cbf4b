namespace Hydra.Storage;

/// <summary>How many executions there are, counted with bounded work.</summary>
/// <remarks>
/// At most as many rows as the limit says are looked at for each of these: the unowned live executions of a workflow,
/// all owned ones, all of one rare state (blocked, failed, cancelled, timed out), and the newest of all executions,
/// among which the completed and paused ones are counted. The counts are not of one moment.
/// </remarks>
/// <param name="Now">The database's clock.</param>
/// <param name="Executions">By workflow and state; what there is none of is left out.</param>
/// <param name="Due">What is due now, by workflow.</param>
public sealed record ExecutionCounts(
    Instant Now, IReadOnlyList<ExecutionCount> Executions, IReadOnlyList<DueCount> Due);
