using CsCheck;
using Hydra.Engine.Scheduling;
using Hydra.Storage;

namespace Hydra.Tests.Scheduling;

/// <summary>What a schedule does with its instants, by clock and policies alone.</summary>
public class SchedulePlannerTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly Timetable EveryMinute = Timetable.Cron("* * * * *");

    private static readonly string[] Expressions =
        ["*/7 * * * * *", "* * * * *", "*/15 9-17 * * MON-FRI", "30 2 * * *"];

    private static readonly Gen<Timetable> Timetables = Gen.OneOf(
        Gen.Int[5, 900].Select(seconds => Timetable.Every(TimeSpan.FromSeconds(seconds))),
        Gen.Int[0, Expressions.Length - 1].Select(i => Timetable.Cron(Expressions[i], "Europe/Berlin")));

    /// <summary>What happens, and for how many seconds: mostly time passes, at times backwards or by days.</summary>
    private static readonly Gen<(int What, int Seconds)[]> Happenings =
        Gen.Select(Gen.Int[0, 9], Gen.Int[0, 500]).Array[1, 30];

    [Fact]
    public void With_all_and_allow_every_instant_is_started_once_and_in_order() =>
        Gen.Select(Timetables, Happenings).Sample(
            (timetable, happenings) =>
            {
                var schedule = Happen(timetable, OverlapPolicy.Allow, CatchUpPolicy.All, happenings);

                Assert.Equal(schedule.Instants(), schedule.Starts.Select(start => start.At));
            },
            iter: 300);

    [Fact]
    public void With_all_and_buffer_all_none_is_lost_and_none_overlaps() =>
        Gen.Select(Gen.Int[60, 900], Happenings).Sample(
            (seconds, happenings) =>
            {
                var timetable = Timetable.Every(TimeSpan.FromSeconds(seconds));
                var schedule = Happen(timetable, OverlapPolicy.BufferAll, CatchUpPolicy.All, happenings);

                var all = schedule.Starts.Concat(schedule.Progress.Waiting).Select(start => start.At);
                Assert.Equal(schedule.Instants(), all);
                Assert.InRange(schedule.Progress.Running.Count, 0, 1);
            },
            iter: 300);

    [Fact]
    public void With_any_policies_instants_are_of_the_timetable_in_order_and_never_twice() =>
        Gen.Select(Timetables, Gen.Enum<OverlapPolicy>(), Gen.Enum<CatchUpPolicy>(), Happenings).Sample(
            (timetable, overlap, catchUp, happenings) =>
            {
                var schedule = Happen(timetable, overlap, catchUp, happenings);

                var starts = schedule.Starts.Select(start => start.At).ToList();
                Assert.Equal(starts.Distinct().Order(), starts);
                Assert.Empty(starts.Except(schedule.Instants()));
                Assert.Equal(starts.Count, schedule.Starts.Select(PlannedSchedule.Id).Distinct().Count());
                Assert.True(overlap == OverlapPolicy.Allow || schedule.Progress.Running.Count <= 1);
            },
            iter: 500);

    [Theory]
    [InlineData(OverlapPolicy.Skip, "00:01:00", 4, "")]
    [InlineData(OverlapPolicy.BufferOne, "00:01:00", 3, "00:02:00")]
    [InlineData(OverlapPolicy.BufferAll, "00:01:00", 0, "00:02:00 00:03:00 00:04:00 00:05:00")]
    [InlineData(OverlapPolicy.CancelOther, "00:01:00", 3, "00:05:00")]
    [InlineData(OverlapPolicy.Allow, "00:01:00 00:02:00 00:03:00 00:04:00 00:05:00", 0, "")]
    public void The_overlap_policy_decides_while_an_execution_runs(
        OverlapPolicy overlap, string started, int skipped, string waiting)
    {
        var schedule = Make(new() { Overlap = overlap });

        for (var i = 0; i < 5; i++)
        {
            schedule.Fire(Minute);
        }

        Assert.Equal(started, schedule.StartedAt);
        Assert.Equal(skipped, schedule.Progress.Skipped);
        Assert.Equal(waiting, Times(schedule.Progress.Waiting.Select(start => start.At)));
        Assert.Equal(overlap == OverlapPolicy.CancelOther ? 1 : 0, schedule.Cancels.Count);
    }

    [Fact]
    public void What_waits_is_started_when_the_execution_has_ended_and_looked_for_ever_less_often()
    {
        var schedule = Make(new() { Overlap = OverlapPolicy.BufferOne }, Timetable.Cron("0 * * * *"));
        schedule.Fire(TimeSpan.FromHours(1));
        schedule.Fire(TimeSpan.FromHours(1));
        var waits = schedule.NextDue.Since(schedule.Now);
        schedule.Fire(waits);
        var still = schedule.StartedAt;
        schedule.EndAll();
        schedule.Fire(waits);

        Assert.Equal(TimeSpan.FromSeconds(30), waits);
        Assert.Equal("01:00:00", still);
        Assert.Equal("01:00:00 02:00:00", schedule.StartedAt);
        Assert.Equal(Instant.From(Start.AddHours(3)), schedule.NextDue);
    }

    [Fact]
    public void The_execution_that_has_run_for_longest_is_followed_however_many_are_started_beside_it()
    {
        var schedule = Make(new() { Overlap = OverlapPolicy.Skip });
        schedule.Fire(Minute);
        for (var i = 0; i < SchedulePlanner.MostRunning + 1; i++)
        {
            schedule.Trigger(OverlapPolicy.Allow);
        }

        schedule.EndAllButFirst();
        schedule.Fire(Minute);

        Assert.Equal(SchedulePlanner.MostRunning + 2, schedule.Starts.Count); // And not one at the second instant.
        Assert.Equal(PlannedSchedule.Id(schedule.Starts[0]), Assert.Single(schedule.Progress.Running).Id);
        Assert.Equal(1, schedule.Progress.Skipped);
    }

    [Theory]
    [InlineData(CatchUpPolicy.Skip, "")]
    [InlineData(CatchUpPolicy.Last, "05:00:00")]
    [InlineData(CatchUpPolicy.All, "03:00:00 04:00:00 05:00:00")]
    public void The_catch_up_policy_decides_about_what_was_missed(CatchUpPolicy catchUp, string started)
    {
        var schedule = Make(
            new() { CatchUp = catchUp, Overlap = OverlapPolicy.Allow, CatchUpWindow = TimeSpan.FromMinutes(151) },
            Timetable.Cron("0 * * * *"));

        schedule.Fire(TimeSpan.FromMinutes(5 * 60 + 30));

        Assert.Equal(started, schedule.StartedAt);
        Assert.NotNull(schedule.Missed);
        Assert.Equal(Instant.From(Start.AddHours(6)), schedule.NextDue);
    }

    [Theory]
    [InlineData(CatchUpPolicy.Skip)]
    [InlineData(CatchUpPolicy.Last)]
    [InlineData(CatchUpPolicy.All)]
    public void What_is_a_little_late_was_not_missed(CatchUpPolicy catchUp)
    {
        var schedule = Make(new() { CatchUp = catchUp }, Timetable.Cron("0 * * * *"));

        schedule.Fire(TimeSpan.FromSeconds(3_659));

        Assert.Equal("01:00:00", schedule.StartedAt);
        Assert.Null(schedule.Missed);
    }

    [Theory]
    [InlineData(CatchUpPolicy.Skip, "")]
    [InlineData(CatchUpPolicy.Last, "00:00:20")]
    public void What_came_in_a_pause_was_missed_however_short_it_was(CatchUpPolicy catchUp, string started)
    {
        var schedule = Make(new() { CatchUp = catchUp }, Timetable.Cron("* * * * * *"));

        schedule.Now = schedule.Now.Plus(TimeSpan.FromSeconds(20));
        schedule.ResumedNow();
        schedule.Fire(schedule.Now);

        Assert.Equal(started, schedule.StartedAt);
    }

    [Fact]
    public void The_last_of_what_was_missed_is_none_when_one_is_due_that_was_not()
    {
        var schedule = Make(new() { Overlap = OverlapPolicy.Allow }, Timetable.Cron("0 * * * *"));

        schedule.Fire(TimeSpan.FromMinutes(5 * 60) + TimeSpan.FromSeconds(5));

        Assert.Equal("05:00:00", schedule.StartedAt);
    }

    [Fact]
    public void Clocks_that_go_back_repeat_nothing()
    {
        var schedule = Make(new() { Overlap = OverlapPolicy.Allow, CatchUp = CatchUpPolicy.All });

        schedule.Fire(3 * Minute);
        schedule.Fire(-2 * Minute);
        var due = schedule.NextDue;
        schedule.Fire(3 * Minute);

        Assert.Equal("00:01:00 00:02:00 00:03:00 00:04:00", schedule.StartedAt);
        Assert.Equal(Instant.From(Start.AddMinutes(4)), due);
    }

    [Fact]
    public void Nothing_starts_outside_of_the_bounds()
    {
        var schedule = Make(new()
        {
            StartAt = Start.AddMinutes(3),
            EndAt = Start.AddMinutes(5),
            Overlap = OverlapPolicy.Allow,
        });

        for (var i = 0; i < 10; i++)
        {
            schedule.Fire(Minute);
        }

        Assert.Equal("00:03:00 00:04:00", schedule.StartedAt);
        Assert.Equal(Instant.Never, schedule.NextDue);
    }

    [Fact]
    public void A_trigger_starts_besides_the_timetable_unless_it_overlaps()
    {
        var schedule = Make(new());
        schedule.Now = schedule.Now.Plus(TimeSpan.FromSeconds(10));

        var first = schedule.Trigger(OverlapPolicy.Skip);
        var second = schedule.Trigger(OverlapPolicy.Skip);
        var third = schedule.Trigger(OverlapPolicy.Allow);
        schedule.EndAll();
        schedule.Fire(TimeSpan.FromSeconds(50));

        Assert.Equal((1, 0, 1), (first.Starts.Count, second.Starts.Count, third.Starts.Count));
        Assert.Equal("00:00:10 00:00:10 00:01:00", schedule.StartedAt);
        Assert.Equal(3, schedule.Starts.Select(PlannedSchedule.Id).Distinct().Count());
    }

    [Fact]
    public void Each_plan_starts_as_many_as_it_may_and_the_next_goes_on()
    {
        var options = new ScheduleOptions { Overlap = OverlapPolicy.Allow, CatchUp = CatchUpPolicy.All };
        var schedule = new PlannedSchedule(EveryMinute, options, Start) { MostStarts = 3 };
        schedule.Backfill(Start.AddMinutes(-4), Start, atOnce: true);

        schedule.Fire(7 * Minute);

        Assert.Equal(7 + 5, schedule.Starts.Select(PlannedSchedule.Id).Distinct().Count());
    }

    [Fact]
    public void A_backfill_goes_one_by_one_and_starts_what_was_started_before()
    {
        var schedule = Make(new());
        schedule.Fire(Minute);
        schedule.EndAll();
        schedule.Backfill(Start.AddMinutes(-1), Start.AddMinutes(1), atOnce: false);
        var seen = new List<int>();
        for (var i = 0; i < 5; i++)
        {
            schedule.Fire(TimeSpan.FromSeconds(1));
            seen.Add(schedule.Starts.Count);
            schedule.EndAll();
        }

        Assert.Equal([2, 3, 4, 4, 4], seen);
        Assert.Equal("00:01:00 23:59:00 00:00:00 00:01:00", schedule.StartedAt);
        Assert.Equal(4, schedule.Starts.Select(PlannedSchedule.Id).Distinct().Count());
        Assert.Empty(schedule.Progress.Backfills);
    }

    [Fact]
    public void A_backfill_at_once_overlaps_with_nothing()
    {
        var schedule = Make(new());
        schedule.Backfill(Start.AddMinutes(-250), Start, atOnce: true);

        schedule.Fire(TimeSpan.FromSeconds(1));
        schedule.Fire(TimeSpan.FromSeconds(59));

        Assert.Equal(252, schedule.Starts.Count);
        Assert.Equal(0, schedule.Progress.Skipped);
    }

    [Fact]
    public void Jitter_follows_from_name_and_instant_alone_and_stays_within_its_bound()
    {
        var bound = TimeSpan.FromSeconds(10);

        var all = Enumerable.Range(0, 1_000)
            .Select(i => ScheduleStarts.Jitter("n", "s", new Instant(i * 1_000_000L), bound))
            .ToList();

        Assert.All(all, jitter => Assert.InRange(jitter, TimeSpan.Zero, bound));
        Assert.InRange(all.Average(jitter => jitter.TotalSeconds), 4.5, 5.5);
        Assert.Equal(all[1], ScheduleStarts.Jitter("n", "s", new Instant(1_000_000), bound));
        Assert.NotEqual(all[1], ScheduleStarts.Jitter("n", "t", new Instant(1_000_000), bound));
    }

    [Fact]
    public void Where_an_execution_comes_from_can_be_read_again()
    {
        var at = Start.AddSeconds(1).AddMicroseconds(5);

        var origin = ScheduleStarts.ReadOrigin(ScheduleStarts.Origin("daily report", Instant.From(at)));

        Assert.Equal(new ScheduledInstant("daily report", at), origin);
        Assert.Null(ScheduleStarts.ReadOrigin(""));
        Assert.Null(ScheduleStarts.ReadOrigin("step#2"));
    }

    private static PlannedSchedule Make(ScheduleOptions options, Timetable? timetable = null) =>
        new(timetable ?? EveryMinute, options, Start);

    private static PlannedSchedule Happen(
        Timetable timetable, OverlapPolicy overlap, CatchUpPolicy catchUp, (int What, int Seconds)[] happenings)
    {
        var options = new ScheduleOptions
        {
            Overlap = overlap,
            CatchUp = catchUp,
            CatchUpWindow = TimeSpan.FromDays(366),
        };
        var schedule = new PlannedSchedule(timetable, options, Start);
        var paused = false;
        foreach (var (what, seconds) in happenings)
        {
            var now = schedule.Now.Plus(TimeSpan.FromSeconds(what switch
            {
                0 => -seconds, // The clock is set back.
                1 => seconds * 5, // It jumps ahead, or nobody was there.
                2 or 3 => seconds / 10,
                _ => 0,
            }));
            paused = what switch { 4 => true, 5 => false, _ => paused };
            schedule.Now = now;
            if (what == 5)
            {
                schedule.ResumedNow();
            }
            else if (what >= 6)
            {
                schedule.EndAll();
            }

            if (!paused)
            {
                schedule.Fire(now);
            }
        }

        return schedule;
    }

    private static string Times(IEnumerable<Instant> instants) =>
        string.Join(' ', instants.Select(at => $"{at.ToDateTimeOffset():HH:mm:ss}"));
}
