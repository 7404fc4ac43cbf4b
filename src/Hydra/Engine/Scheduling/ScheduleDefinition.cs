using Hydra.Storage;

namespace Hydra.Engine.Scheduling;

/// <summary>What a schedule is, as it is stored. What is left out has the default of its type.</summary>
internal sealed record ScheduleDefinition
{
    public string? Cron { get; init; }

    public string? TimeZone { get; init; }

    public TimeSpan? Interval { get; init; }

    public DateTimeOffset? Anchor { get; init; }

    public DateTimeOffset? StartAt { get; init; }

    public DateTimeOffset? EndAt { get; init; }

    public TimeSpan Jitter { get; init; }

    public OverlapPolicy Overlap { get; init; }

    public CatchUpPolicy CatchUp { get; init; }

    public TimeSpan CatchUpWindow { get; init; }

    public int? MaxAttempts { get; init; }

    public TimeSpan? RetryBackoff { get; init; }

    public TimeSpan? Timeout { get; init; }

    public ExecutionPriority Priority { get; init; }

    public string? Subject { get; init; }

    public static ScheduleDefinition From(Timetable timetable, ScheduleOptions options) => new()
    {
        Cron = timetable.Expression,
        TimeZone = timetable.Expression is null ? null : timetable.TimeZone,
        Interval = timetable.Interval,
        Anchor = timetable.Anchor,
        StartAt = options.StartAt?.ToUniversalTime(),
        EndAt = options.EndAt?.ToUniversalTime(),
        Jitter = options.Jitter,
        Overlap = options.Overlap,
        CatchUp = options.CatchUp,
        CatchUpWindow = options.CatchUpWindow,
        MaxAttempts = options.Start?.MaxAttempts,
        RetryBackoff = options.Start?.RetryBackoff,
        Timeout = options.Start?.Timeout,
        Priority = options.Start?.Priority ?? ExecutionPriority.Normal,
        Subject = options.Start?.Subject,
    };

    /// <exception cref="ArgumentException">This machine does not know the time zone.</exception>
    public Timetable ReadTimetable() => Cron is null
        ? Timetable.Every(Interval ?? TimeSpan.Zero, Anchor)
        : Timetable.Cron(Cron, TimeZone ?? "UTC");

    public ScheduleOptions ReadOptions() => new()
    {
        StartAt = StartAt,
        EndAt = EndAt,
        Jitter = Jitter,
        Overlap = Overlap,
        CatchUp = CatchUp,
        CatchUpWindow = CatchUpWindow,
        Start = new StartOptions
        {
            MaxAttempts = MaxAttempts,
            RetryBackoff = RetryBackoff,
            Timeout = Timeout,
            Priority = Priority,
            Subject = Subject,
        },
    };

    /// <summary>The instants between its bounds.</summary>
    /// <exception cref="ArgumentException">This machine does not know the time zone.</exception>
    public BoundedInstants ReadInstants() => new(
        ReadTimetable(),
        StartAt is { } start ? Instant.From(start) : new Instant(long.MinValue),
        EndAt is { } end ? Instant.From(end) : Instant.Never);
}
