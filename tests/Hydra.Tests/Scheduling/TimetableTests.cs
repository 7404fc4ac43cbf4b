namespace Hydra.Tests.Scheduling;

/// <summary>What can be written, what is refused and where, and which days are meant.</summary>
public class TimetableTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero); // A Thursday.

    [Theory]
    [InlineData("60 * * * *", 0, "minute")]
    [InlineData("0 25 * * *", 2, "hour")]
    [InlineData("0  9 1,32 * *", 7, "day of the month")]
    [InlineData("0 9 * 1,JUN,MAI *", 12, "month")]
    [InlineData("0 9 * * MON-FRY", 8, "day of the week")]
    [InlineData("0 0 9 * * 8", 10, "day of the week")]
    [InlineData("61 0 9 * * *", 0, "second")]
    [InlineData("0 9 * *", 7, "4 fields")]
    [InlineData("0 0 9 * * * 2026", 12, "7 fields")]
    [InlineData("", 0, "0 fields")]
    [InlineData("0 9,,10 * * *", 4, "a value is missing")]
    [InlineData(" */0 * * * *", 1, "minute")]
    [InlineData("H 9 * * *", 0, "Jitter")]
    [InlineData("@dayly", 0, "@daily")]
    [InlineData("0 9 30 2 *", 4, "none of its months")]
    public void A_fault_is_refused_at_its_position(string expression, int position, string reason)
    {
        var error = Assert.Throws<InvalidCronException>(() => Timetable.Cron(expression));

        Assert.Equal((expression, position), (error.Expression, error.Position));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.Contains($"character {position + 1}", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Europe/Berln", "tzdata")]
    [InlineData("", "tzdata")]
    [InlineData("W. Europe Standard Time", "Europe/Berlin")]
    public void A_time_zone_is_of_the_iana_database(string zone, string advice)
    {
        var error = Assert.Throws<ArgumentException>(() => Timetable.Cron("0 9 * * *", zone));

        Assert.Contains(advice, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0 9 13 * FRI", "2026-01-02 2026-01-09 2026-01-13 2026-01-16")] // Either, as in crontab.
    [InlineData("0 9 13 * *", "2026-01-13 2026-02-13 2026-03-13 2026-04-13")]
    [InlineData("0 9 ? * FRI", "2026-01-02 2026-01-09 2026-01-16 2026-01-23")]
    [InlineData("0 9 */2 * FRI", "2026-01-09 2026-01-23 2026-02-13 2026-02-27")] // Both, as in crontab.
    [InlineData("0 9 L * *", "2026-01-31 2026-02-28 2026-03-31 2026-04-30")]
    [InlineData("0 9 * * MON#1", "2026-01-05 2026-02-02 2026-03-02 2026-04-06")]
    public void Days_match_as_in_crontab(string expression, string days)
    {
        var found = Next(Timetable.Cron(expression), 4).Select(at => $"{at:yyyy-MM-dd}");

        Assert.Equal(days, string.Join(' ', found));
    }

    [Theory]
    [InlineData("@daily", "00:00:00 00:00:00 00:00:00")]
    [InlineData("*/20 * * * *", "00:20:00 00:40:00 01:00:00")]
    [InlineData("30 15 10 * * *", "10:15:30 10:15:30 10:15:30")]
    [InlineData("*/30 * * * * *", "00:00:30 00:01:00 00:01:30")]
    public void Seconds_are_a_field_of_six(string expression, string times)
    {
        var found = Next(Timetable.Cron(expression), 3).Select(at => $"{at:HH:mm:ss}");

        Assert.Equal(times, string.Join(' ', found));
    }

    [Fact]
    public void An_expression_is_read_in_its_time_zone()
    {
        var timetable = Timetable.Cron("0 9 * * *", "Europe/Berlin");

        Assert.Equal(new DateTimeOffset(2026, 1, 1, 8, 0, 0, TimeSpan.Zero), timetable.Next(Start));
        Assert.Equal(
            new DateTimeOffset(2026, 7, 1, 7, 0, 0, TimeSpan.Zero),
            timetable.Next(new DateTimeOffset(2026, 7, 1, 0, 0, 0, TimeSpan.Zero)));
    }

    [Fact]
    public void Intervals_are_counted_from_their_anchor_in_both_directions()
    {
        var quarters = Timetable.Every(TimeSpan.FromMinutes(15));
        var anchored = Timetable.Every(TimeSpan.FromHours(7), Start.AddDays(3).AddMinutes(1));

        Assert.Equal(Start.AddMinutes(15), quarters.Next(Start));
        Assert.Equal(Start.AddMinutes(15), quarters.Next(Start.AddMinutes(15).AddTicks(-10)));
        Assert.Equal(
            [2 * 60 + 1, 9 * 60 + 1, 16 * 60 + 1],
            Next(anchored, 3).Select(at => (int)(at - Start).TotalMinutes));
    }

    [Theory]
    [InlineData(0.9)]
    [InlineData(-5)]
    [InlineData(3_650.1 * 86_400)]
    [InlineData(1.00001)]
    public void An_interval_is_within_its_range(double seconds) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Timetable.Every(TimeSpan.FromSeconds(seconds)));

    private static IEnumerable<DateTimeOffset> Next(Timetable timetable, int count)
    {
        var at = Start;
        for (var i = 0; i < count; i++)
        {
            yield return at = timetable.Next(at)!.Value;
        }
    }
}
