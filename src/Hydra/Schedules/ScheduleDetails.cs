namespace Hydra;

/// <summary>A schedule as it stands.</summary>
public sealed record ScheduleDetails
{
    /// <summary>What it starts, when, and with what.</summary>
    public required Schedule Schedule { get; init; }

    /// <summary>Whether it is paused.</summary>
    public bool Paused { get; init; }

    /// <summary>When it was paused; null when it is not.</summary>
    public DateTimeOffset? PausedAt { get; init; }

    /// <summary>What was noted when it was last paused or resumed; null when nothing was.</summary>
    public string? Note { get; init; }

    /// <summary>Whether a program declares it in its code.</summary>
    public bool Declared { get; init; }

    /// <summary>
    /// The next instant of its timetable; null when none comes any more, and while it is paused. It may have passed:
    /// then a worker is about to fire it, or none is there.
    /// </summary>
    public DateTimeOffset? NextAt { get; init; }

    /// <summary>The last instant of its timetable that an execution was started for; null when there is none.</summary>
    public DateTimeOffset? LastAt { get; init; }

    /// <summary>How many executions it has started, triggered and backfilled ones included.</summary>
    public long Started { get; init; }

    /// <summary>How many instants were skipped because an execution had not ended.</summary>
    public long Skipped { get; init; }

    /// <summary>Instants that wait for executions to end, in order.</summary>
    public IReadOnlyList<DateTimeOffset> Waiting { get; init; } = [];

    /// <summary>
    /// Executions that it has started and that had not ended when it last looked; none are followed with
    /// <see cref="OverlapPolicy.Allow"/>.
    /// </summary>
    public IReadOnlyList<ExecutionId> Running { get; init; } = [];

    /// <summary>How many ranges of the past are still to be started.</summary>
    public int Backfills { get; init; }

    /// <summary>
    /// Why this process cannot read all that is stored of it, such as a time zone that the machine does not know or a
    /// row that is damaged; null when it can. What it cannot read has the default of its type, and its timetable tells
    /// no instants.
    /// </summary>
    public string? Problem { get; init; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was last changed, by people or by what it did.</summary>
    public DateTimeOffset ChangedAt { get; init; }
}
