using Hydra.Storage;

namespace Hydra.Engine.Scheduling;

/// <summary>How far a schedule has come, as it is stored. Written with what it starts, in one transaction.</summary>
internal sealed record ScheduleProgress
{
    /// <summary>Random when the schedule is made, so that one that is made anew starts executions of its own.</summary>
    public required long Incarnation { get; init; }

    /// <summary>Every instant of the timetable up to here has been decided about. It never goes back.</summary>
    public required Instant Cursor { get; init; }

    /// <summary>Instants up to here count as missed, however little time has passed: a pause has ended here.</summary>
    public Instant MissedUpTo { get; init; }

    /// <summary>What waits for executions to end, in order.</summary>
    public IReadOnlyList<WantedStart> Waiting { get; init; } = [];

    /// <summary>What a further start would overlap with.</summary>
    public IReadOnlyList<StartedExecution> Running { get; init; } = [];

    /// <summary>What is still to be started of ranges of the past.</summary>
    public IReadOnlyList<Backfill> Backfills { get; init; } = [];

    /// <summary>The instant of the last execution that it has started for its timetable.</summary>
    public Instant? LastAt { get; init; }

    /// <summary>How many executions it has started.</summary>
    public long Started { get; init; }

    /// <summary>How many instants were skipped because of others that had not ended.</summary>
    public long Skipped { get; init; }

    /// <summary>What its declaration in code was when it was last written from there; null when it was not.</summary>
    public string? Declared { get; init; }

    /// <summary>Why it was last paused, or resumed.</summary>
    public string? Note { get; init; }

    /// <summary>When it was paused; null when it is not.</summary>
    public Instant? PausedAt { get; init; }
}
