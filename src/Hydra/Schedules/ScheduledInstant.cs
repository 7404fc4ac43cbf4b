namespace Hydra;

/// <summary>The schedule that has started an execution, and the instant that it was started for.</summary>
/// <param name="Schedule">The name of the schedule.</param>
/// <param name="At">
/// The instant, in UTC, to the microsecond: of the timetable, not when the execution began, which may be later by the
/// jitter, by what it had to wait for, or by what was missed; of an execution that was triggered when it was.
/// </param>
public sealed record ScheduledInstant(string Schedule, DateTimeOffset At);
