using System.Globalization;
using Hydra.Storage;
using Hydra.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace Hydra.Tests.Scheduling;

/// <summary>
/// The days on which clocks change, against a walk over every minute of UTC that knows nothing of cron but which local
/// times match.
/// </summary>
public class DaylightTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    // Expression, minutes and hours that match, and whether it keeps its distance when clocks go back.
    private static readonly (string Text, Func<int, bool> Minutes, Func<int, bool> Hours, bool Periodic)[] Expressions =
    [
        ("30 2 * * *", minute => minute == 30, hour => hour == 2, false),
        ("0,30 2 * * *", minute => minute is 0 or 30, hour => hour == 2, false),
        ("45 1 * * *", minute => minute == 45, hour => hour == 1, false),
        ("15,45 1,2,3 * * *", minute => minute is 15 or 45, hour => hour is 1 or 2 or 3, false),
        ("0 9 * * *", minute => minute == 0, hour => hour == 9, false),
        ("*/15 * * * *", minute => minute % 15 == 0, _ => true, true),
        ("20 * * * *", minute => minute == 20, _ => true, true),
        ("* 1-3 * * *", _ => true, hour => hour is 1 or 2 or 3, true),
        ("0 */2 * * *", minute => minute == 0, hour => hour % 2 == 0, true),
    ];

    [Theory]
    [InlineData("Europe/Berlin", "2026-03-29")]
    [InlineData("Europe/Berlin", "2026-10-25")]
    [InlineData("America/New_York", "2026-03-08")]
    [InlineData("America/New_York", "2026-11-01")]
    [InlineData("Australia/Lord_Howe", "2026-04-05")]
    [InlineData("Australia/Lord_Howe", "2026-10-04")]
    public void Every_instant_is_the_one_that_a_walk_over_all_minutes_finds(string zoneName, string day)
    {
        var (zone, from, to) = Around(zoneName, day, TimeSpan.FromHours(48));

        foreach (var (text, minutes, hours, periodic) in Expressions)
        {
            var walked = Walk(zone, from, to, local => minutes(local.Minute) && hours(local.Hour), periodic);
            Assert.Equal(walked, Instants(Timetable.Cron(text, zoneName), from, to));
        }
    }

    /// <summary>The same through an engine whose clock passes the change: none is left out, and none twice.</summary>
    [Theory]
    [InlineData("Europe/Berlin", "2026-03-29")]
    [InlineData("Europe/Berlin", "2026-10-25")]
    [InlineData("America/New_York", "2026-03-08")]
    [InlineData("America/New_York", "2026-11-01")]
    [InlineData("Australia/Lord_Howe", "2026-04-05")]
    [InlineData("Australia/Lord_Howe", "2026-10-04")]
    public async Task An_engine_starts_an_execution_for_each_of_them(string zoneName, string day)
    {
        var (zone, from, to) = Around(zoneName, day, TimeSpan.FromHours(24));
        await using var world = new World(new FakeTimeProvider(from));
        var client = await world.OpenAsync(hydra =>
        {
            var workflow = hydra.AddWorkflow("test", static (WorkflowContext context, int _) =>
                Task.FromResult($"{context.Schedule!.Schedule} {context.Schedule.At:O}"));
            foreach (var (text, _, _, _) in Expressions)
            {
                workflow.Schedule(text, text, 0, zoneName, new()
                {
                    Overlap = OverlapPolicy.Allow,
                    CatchUp = CatchUpPolicy.All, // The clock leaps, and what it leaps over is late.
                });
            }
        });

        for (var at = from; at < to; at += TimeSpan.FromMinutes(10))
        {
            await world.AdvanceAsync(TimeSpan.FromMinutes(10));
        }

        await world.PassAsync(TimeSpan.FromSeconds(30));

        var expected = Expressions.SelectMany(one =>
            Walk(zone, from, to, local => one.Minutes(local.Minute) && one.Hours(local.Hour), one.Periodic)
                .Select(at => $"{one.Text} {at:O}"));
        Assert.Equal(expected.Order(StringComparer.Ordinal), await ResultsAsync(client));
    }

    [Theory]
    [InlineData("Europe/Berlin", "2026-03-28T23:00", 24 * 4)]
    [InlineData("Australia/Lord_Howe", "2026-04-04T13:00", 24 * 4)]
    public void Intervals_take_no_notice_of_changed_clocks(string zone, string from, int count)
    {
        Assert.NotNull(TimeZoneInfo.FindSystemTimeZoneById(zone));
        var start = DateTimeOffset.Parse(from + "Z", CultureInfo.InvariantCulture);

        var found = Instants(Timetable.Every(TimeSpan.FromMinutes(15)), start, start.AddDays(1));

        Assert.Equal(count, found.Count);
        Assert.All(found.Zip(found.Skip(1)), pair => Assert.Equal(15, (pair.Second - pair.First).TotalMinutes));
    }

    /// <summary>What all executions resulted in, in order.</summary>
    private static async Task<List<string>> ResultsAsync(IHydraClient client)
    {
        var token = TestContext.Current.CancellationToken;
        var results = new List<string>();
        IReadOnlyList<ExecutionRow> page = [];
        do
        {
            ExecutionId? before = page.Count == 0 ? null : page[^1].Id;
            page = await client.ListAsync(new() { Limit = 1_000, Before = before }, token);
            foreach (var row in page)
            {
                results.Add(await client.Execution<string>(row.Id).ResultAsync(token));
            }
        }
        while (page.Count == 1_000);

        results.Sort(StringComparer.Ordinal);
        return results;
    }

    private static (TimeZoneInfo Zone, DateTimeOffset From, DateTimeOffset To) Around(
        string zoneName, string day, TimeSpan reach)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(zoneName);
        var noon = DateTime.ParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture).AddHours(12);
        var from = new DateTimeOffset(noon - reach, TimeSpan.Zero);
        var to = new DateTimeOffset(noon + reach, TimeSpan.Zero);
        Assert.NotEqual(zone.GetUtcOffset(from), zone.GetUtcOffset(to)); // Or nothing is shown at all.
        return (zone, from, to);
    }

    /// <summary>
    /// A minute counts when its local time matches, the second time only for what is periodic; and when local times
    /// that match were left out just before it.
    /// </summary>
    private static List<DateTimeOffset> Walk(
        TimeZoneInfo zone, DateTimeOffset from, DateTimeOffset to, Func<DateTime, bool> matches, bool periodic)
    {
        var found = new List<DateTimeOffset>();
        var seen = new HashSet<DateTime>();
        var before = TimeZoneInfo.ConvertTime(from, zone).DateTime;
        seen.Add(before);
        for (var at = from + Minute; at <= to; at += Minute)
        {
            var local = TimeZoneInfo.ConvertTime(at, zone).DateTime;
            var first = seen.Add(local);
            var leftOut = false;
            for (var gap = before + Minute; gap < local; gap += Minute)
            {
                leftOut |= matches(gap);
            }

            if ((matches(local) && (first || periodic)) || leftOut)
            {
                found.Add(at);
            }

            before = local;
        }

        return found;
    }

    private static List<DateTimeOffset> Instants(Timetable timetable, DateTimeOffset from, DateTimeOffset to)
    {
        var found = new List<DateTimeOffset>();
        for (var next = timetable.Next(from); next <= to; next = timetable.Next(next.Value))
        {
            found.Add(next.Value);
        }

        return found;
    }
}
