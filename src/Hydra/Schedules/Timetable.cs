using System.Globalization;
using Hydra.Engine.Scheduling;
using Hydra.Storage;

namespace Hydra;

/// <summary>When a schedule starts executions: by a cron expression in a time zone, or at intervals.</summary>
/// <remarks>Immutable, and safe from many threads at once. What it says was checked when it was made.</remarks>
public sealed class Timetable
{
    private readonly IInstants _instants;

    private Timetable(IInstants instants) => _instants = instants;

    /// <summary>The cron expression; null for intervals.</summary>
    public string? Expression { get; private init; }

    /// <summary>The IANA name of the time zone that the expression is read in. Intervals are in "UTC".</summary>
    public string TimeZone { get; private init; } = "UTC";

    /// <summary>The interval; null for a cron expression.</summary>
    public TimeSpan? Interval { get; private init; }

    /// <summary>A moment that the intervals are counted from, in both directions; null for a cron expression.</summary>
    public DateTimeOffset? Anchor { get; private init; }

    /// <summary>Reads a cron expression.</summary>
    /// <remarks>
    /// Five fields (minute, hour, day of the month, month, day of the week), or six with the second in front; or one of
    /// @hourly, @daily, @weekly, @monthly, @yearly and their kind. Fields may have lists, ranges, steps and names, and
    /// L, W and # for the last day, the nearest weekday and the nth weekday of a month. A day has to match either of
    /// the two fields for days when both are set, as in crontab: "0 9 13 * FRI" is every 13th and every Friday. It has
    /// to match both when one of them begins with *, such as "*/2".
    /// When clocks go forward, a time that does not exist becomes the first one after the gap, once. When clocks go
    /// back, a time that comes twice is taken the first time; but where the second, minute or hour is a *, a range or a
    /// step, it is taken both times, so that "*/15 * * * *" keeps its distance.
    /// </remarks>
    /// <param name="expression">The expression.</param>
    /// <param name="timeZone">The IANA name of a time zone, such as "Europe/Berlin". The default is "UTC".</param>
    /// <exception cref="InvalidCronException">It is none; the exception tells the position of the fault.</exception>
    /// <exception cref="ArgumentException">The time zone is not known on this machine.</exception>
    public static Timetable Cron(string expression, string timeZone = "UTC")
    {
        ArgumentNullException.ThrowIfNull(expression);
        ArgumentNullException.ThrowIfNull(timeZone);
        var zone = Zones.Find(timeZone);
        return new Timetable(CronParser.Parse(expression, zone)) { Expression = expression, TimeZone = timeZone };
    }

    /// <summary>Takes an interval. It is time that passes: when clocks are changed it stays the same.</summary>
    /// <param name="interval">From a second to 3,650 days, in whole milliseconds.</param>
    /// <param name="anchor">
    /// A moment to count from, in both directions. The default is the beginning of 1970 in UTC, so that every fifteen
    /// minutes are the quarters of an hour wherever and whenever it is declared.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">The interval is out of its range.</exception>
    public static Timetable Every(TimeSpan interval, DateTimeOffset? anchor = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(interval, TimeSpan.FromSeconds(1));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(interval, TimeSpan.FromDays(3_650));
        if (interval.Ticks % TimeSpan.TicksPerMillisecond != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(interval), interval, "An interval is in whole milliseconds.");
        }

        var origin = anchor ?? DateTimeOffset.UnixEpoch;
        return new Timetable(new IntervalInstants(interval, Instant.From(origin)))
        {
            Interval = interval,
            Anchor = origin.ToUniversalTime(),
        };
    }

    /// <summary>
    /// One that is stored and that this process cannot read: it tells what is known of it, and no instant.
    /// </summary>
    internal static Timetable Unreadable(ScheduleDefinition? definition, string why) =>
        new(new UnreadableInstants(why))
        {
            Expression = definition?.Cron,
            TimeZone = definition?.TimeZone ?? "UTC",
            Interval = definition?.Interval,
            Anchor = definition?.Anchor,
        };

    /// <summary>The first instant after a moment, in UTC; null when none comes any more.</summary>
    /// <param name="moment">The moment, which is no answer itself.</param>
    /// <exception cref="ArgumentException">
    /// It is a stored one that this process cannot read, as <see cref="ScheduleDetails.Problem"/> says.
    /// </exception>
    public DateTimeOffset? Next(DateTimeOffset moment) => After(Instant.From(moment))?.ToDateTimeOffset();

    /// <summary>The expression and its time zone, or the interval; "unreadable" where neither is known.</summary>
    public override string ToString() => Expression is not null ? $"{Expression} {TimeZone}"
        : Interval is null ? "unreadable"
        : string.Create(CultureInfo.InvariantCulture, $"every {Interval:c} from {Anchor:O}");

    /// <summary>The first instant after another; null when none comes any more.</summary>
    internal Instant? After(Instant instant) => _instants.After(instant);
}
