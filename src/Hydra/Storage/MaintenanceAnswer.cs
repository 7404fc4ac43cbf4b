namespace Hydra.Storage;

/// <summary>What a round of maintenance did.</summary>
/// <param name="Now">The database's clock.</param>
/// <param name="NextExpiry">When the lease of another session may end next; never when there is none.</param>
/// <param name="Released">Executions taken back from dead sessions.</param>
/// <param name="Quarantined">Those among them that are blocked from now on.</param>
/// <param name="TimedOut">Executions ended because their deadline had passed.</param>
/// <param name="Unblocked">Executions that this build may try.</param>
/// <param name="More">Whether there is more to do at once.</param>
public sealed record MaintenanceAnswer(
    Instant Now,
    Instant NextExpiry,
    IReadOnlyList<ExecutionId> Released,
    IReadOnlyList<ExecutionId> Quarantined,
    IReadOnlyList<ExecutionId> TimedOut,
    IReadOnlyList<ExecutionId> Unblocked,
    bool More);
