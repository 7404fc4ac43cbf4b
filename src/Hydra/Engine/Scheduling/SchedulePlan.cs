using Hydra.Storage;

namespace Hydra.Engine.Scheduling;

/// <summary>What a schedule does next.</summary>
/// <param name="Starts">What is started, in order.</param>
/// <param name="Cancels">Which executions are asked to stop.</param>
/// <param name="NextDue">
/// When it is to be looked at again: now when there is more to do at once, never when nothing is left to do.
/// </param>
/// <param name="Progress">How far it has come with that.</param>
/// <param name="Skipped">How many instants are skipped because of executions that have not ended.</param>
/// <param name="Missed">The first instant that was missed and is not made up for; null when there is none.</param>
internal sealed record SchedulePlan(
    IReadOnlyList<WantedStart> Starts,
    IReadOnlyList<ExecutionId> Cancels,
    Instant NextDue,
    ScheduleProgress Progress,
    long Skipped,
    Instant? Missed);
