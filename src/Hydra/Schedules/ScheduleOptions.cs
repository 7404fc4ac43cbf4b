namespace Hydra;

/// <summary>How a schedule behaves, besides its timetable.</summary>
public sealed record ScheduleOptions
{
    /// <summary>The longest <see cref="CatchUpWindow"/>, and the longest <see cref="Jitter"/>: 366 days.</summary>
    internal static TimeSpan Longest { get; } = TimeSpan.FromDays(366);

    /// <summary>Nothing starts before; an instant at this very time counts. By default there is no bound.</summary>
    public DateTimeOffset? StartAt { get; init; }

    /// <summary>Nothing starts from then on, not even at this very time. By default there is no bound.</summary>
    public DateTimeOffset? EndAt { get; init; }

    /// <summary>
    /// How much later than its instant an execution may first be due, so that many schedules do not start at once. How
    /// much it is follows from the schedule's name and the instant alone. The default is zero, the most are 366 days.
    /// </summary>
    public TimeSpan Jitter { get; init; }

    /// <summary>
    /// What happens at an instant while an execution of the schedule has not ended. By default it is skipped.
    /// </summary>
    public OverlapPolicy Overlap { get; init; } = OverlapPolicy.Skip;

    /// <summary>What becomes of instants that were missed. The default is that the last of them counts.</summary>
    public CatchUpPolicy CatchUp { get; init; } = CatchUpPolicy.Last;

    /// <summary>
    /// How old an instant may be that <see cref="CatchUpPolicy.All"/> makes up for, at least a minute. The default is a
    /// day, the most are 366 days.
    /// </summary>
    public TimeSpan CatchUpWindow { get; init; } = TimeSpan.FromDays(1);

    /// <summary>
    /// How its executions are started. Its Key, Delay and StartAt must not be set. What is not set comes from the
    /// options of the workflow, as the process has them that fires the instant.
    /// </summary>
    public StartOptions? Start { get; init; }

    internal void Validate()
    {
        InRange(Jitter, TimeSpan.Zero, nameof(Jitter));
        InRange(CatchUpWindow, TimeSpan.FromMinutes(1), nameof(CatchUpWindow));
        if (!Enum.IsDefined(Overlap) || !Enum.IsDefined(CatchUp))
        {
            throw new ArgumentException($"ScheduleOptions.Overlap ({Overlap}) or CatchUp ({CatchUp}) is no policy.");
        }

        if (StartAt >= EndAt)
        {
            throw new ArgumentException($"ScheduleOptions.StartAt ({StartAt:O}) must be before EndAt ({EndAt:O}).");
        }

        if (Start is { Key: not null } or { Delay: not null } or { StartAt: not null })
        {
            throw new ArgumentException(
                "ScheduleOptions.Start sets a Key, a Delay or a StartAt, which each execution gets from its instant.");
        }

        Start?.Validate();
    }

    private static void InRange(TimeSpan value, TimeSpan least, string name)
    {
        if (value < least || value > Longest)
        {
            throw new ArgumentOutOfRangeException(
                $"{nameof(ScheduleOptions)}.{name}", value, $"It must be from {least} to {Longest}.");
        }
    }
}
