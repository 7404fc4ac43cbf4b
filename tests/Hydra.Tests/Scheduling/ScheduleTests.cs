using Hydra.Engine.Scheduling;
using Hydra.Storage;
using Hydra.Testing;
using Hydra.Tests.Support;

namespace Hydra.Tests.Scheduling;

/// <summary>Schedules through engines, on a virtual clock.</summary>
public partial class ScheduleTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly Timetable EveryMinute = Timetable.Cron("* * * * *");

    [Fact]
    public async Task A_declared_schedule_starts_its_workflow_at_every_instant()
    {
        await using var world = new World();
        var client = await world.OpenAsync(hydra => hydra
            .AddWorkflow("report", (WorkflowContext context, string team) =>
                Task.FromResult($"{team} {context.Schedule!.Schedule} {context.Schedule.At:HH:mm:ss}"))
            .Schedule("minutely", "* * * * *", "sales"));

        await world.PassAsync(3 * Minute + TimeSpan.FromSeconds(1));

        Assert.Equal(
            ["sales minutely 00:01:00", "sales minutely 00:02:00", "sales minutely 00:03:00"],
            await Outputs(world, client));
    }

    [Fact]
    public async Task Five_workers_of_which_some_die_start_each_instant_once()
    {
        await using var world = new World();
        var clients = new List<IHydraClient>();
        for (var i = 0; i < 5; i++)
        {
            clients.Add(await world.OpenAsync(DeclareEverySecond));
        }

        for (var i = 0; i < 4; i++)
        {
            await world.PassAsync(TimeSpan.FromSeconds(20));
            await world.CrashAsync(clients[i]);
        }

        await world.PassAsync(TimeSpan.FromSeconds(40));

        var starts = await Outputs(world, clients[4]);
        var instants = Enumerable.Range(1, starts.Count).Select(i => $"{World.Start.AddSeconds(i):HH:mm:ss}");
        Assert.InRange(starts.Count, 119, 121);
        Assert.Equal(instants, starts);
    }

    [Fact]
    public async Task Changes_that_fail_or_whose_answers_are_lost_start_each_instant_once()
    {
        StoreFault[] faults =
        [
            StoreFault.AfterCall, StoreFault.LateCall, StoreFault.BlockedCall, StoreFault.ForeignBeforeCall,
            StoreFault.ForeignAfterCall,
        ];
        await using var world = new World();
        var client = await world.OpenAsync(hydra =>
        {
            hydra.UseStore(setup => new FaultyStore(
                new InMemoryWorkflowStore(world.Database, setup.Namespace),
                call => call is { Kind: StoreCallKind.ApplySchedule, Number: > 1 } && call.Number % 3 != 0
                    ? faults[call.Number % faults.Length]
                    : null));
            DeclareEverySecond(hydra);
        });

        await world.PassAsync(TimeSpan.FromSeconds(60));

        var starts = await Outputs(world, client);
        Assert.InRange(starts.Count, 40, 60);
        Assert.Equal(Enumerable.Range(1, starts.Count).Select(i => $"{World.Start.AddSeconds(i):HH:mm:ss}"), starts);
    }

    [Fact]
    public async Task A_redeployment_changes_what_is_declared_and_loses_no_instant()
    {
        await using var world = new World();
        await world.OpenAsync(Declared("0 * * * *", "old"));
        await world.AdvanceAsync(TimeSpan.FromMinutes(55));
        await world.CrashAsync();
        await world.AdvanceAsync(TimeSpan.FromMinutes(10)); // The instant of 01:00 passes while nobody is there.

        var client = await world.OpenAsync(Declared("*/30 * * * *", "new"));
        await world.AdvanceAsync(TimeSpan.FromMinutes(25)); // Half past one.
        await world.AdvanceAsync(TimeSpan.FromMinutes(30));

        Assert.Equal(["old 01:00:00", "new 01:30:00", "new 02:00:00"], await Outputs(world, client));
    }

    [Fact]
    public async Task What_an_operator_has_changed_stays_until_the_declaration_changes()
    {
        await using var world = new World();
        var client = await world.OpenAsync(Declared("0 * * * *", "old"));
        await client.Schedules.UpdateAsync("s", schedule => schedule with { Timetable = EveryMinute });
        await client.Schedules.PauseAsync("s", "the printer burns");
        await world.CloseAsync();

        client = await world.OpenAsync(Declared("0 * * * *", "old"));
        var same = await client.Schedules.DescribeAsync("s");
        await world.CloseAsync();
        client = await world.OpenAsync(Declared("5 * * * *", "new"));
        var other = await client.Schedules.DescribeAsync("s");

        Assert.Equal("* * * * *", same.Schedule.Timetable.Expression);
        Assert.Equal("5 * * * *", other.Schedule.Timetable.Expression);
        Assert.Equal((true, "the printer burns"), (other.Paused, other.Note));
        Assert.True(other.Declared);
        Assert.Null(other.NextAt);
    }

    [Theory]
    [InlineData(CatchUpPolicy.Skip, "06")]
    [InlineData(CatchUpPolicy.Last, "05 06")]
    [InlineData(CatchUpPolicy.All, "02 03 04 05 06")]
    public async Task A_pause_starts_nothing_and_the_catch_up_policy_decides_about_what_it_missed(
        CatchUpPolicy catchUp, string minutes)
    {
        await using var world = new World();
        var client = await OpenAsync(world);
        await client.Schedules.CreateAsync(Of("s", "test", EveryMinute) with
        {
            Options = new() { CatchUp = catchUp, Overlap = OverlapPolicy.Allow },
        });
        await world.PassAsync(Minute + TimeSpan.FromSeconds(1));

        await client.Schedules.PauseAsync("s");
        await world.PassAsync(4 * Minute);
        var paused = await Outputs(world, client);
        await client.Schedules.ResumeAsync("s", "it burns no more");
        await world.PassAsync(Minute);

        Assert.Equal(["00:01:00"], paused);
        Assert.Equal(
            minutes.Split(' ').Select(minute => $"00:{minute}:00").Prepend("00:01:00"), await Outputs(world, client));
        Assert.Equal("it burns no more", (await client.Schedules.DescribeAsync("s")).Note);
    }

    [Fact]
    public async Task A_trigger_starts_now_and_tells_which_execution_or_that_another_runs()
    {
        await using var world = new World();
        var client = await OpenAsync(world, body: async context =>
        {
            await context.SleepAsync(TimeSpan.FromSeconds(90));
            return "slept";
        });
        await client.Schedules.CreateAsync(Of("s", "test", Timetable.Cron("0 0 1 1 *")));
        await client.Schedules.PauseAsync("s");

        var first = await client.Schedules.TriggerAsync("s");
        var second = await client.Schedules.TriggerAsync("s");
        var third = await client.Schedules.TriggerAsync("s", OverlapPolicy.Allow);

        var slept = await world.Until(client.Execution<string>(first!.Id).ResultAsync());
        await world.Until(client.Execution<string>(third!.Id).ResultAsync());

        Assert.Equal("slept", slept);
        Assert.Null(second);
        var after = await client.Schedules.DescribeAsync("s");
        Assert.Equal((2, 1), (after.Started, after.Skipped));
    }

    [Theory]
    [InlineData(OverlapPolicy.Skip)]
    [InlineData(OverlapPolicy.BufferOne)]
    [InlineData(OverlapPolicy.BufferAll)]
    [InlineData(OverlapPolicy.CancelOther)]
    public async Task A_trigger_cannot_mind_what_runs_where_the_schedule_does_not_follow_it(OverlapPolicy overlap)
    {
        await using var world = new World();
        var client = await OpenAsync(world, body: async context =>
        {
            await context.SleepAsync(TimeSpan.FromSeconds(90));
            return "slept";
        });
        await client.Schedules.CreateAsync(Of("s", "test", Timetable.Cron("0 0 1 1 *")) with
        {
            Options = new() { Overlap = OverlapPolicy.Allow },
        });
        await client.Schedules.TriggerAsync("s");

        var refused = await Assert.ThrowsAsync<ArgumentException>(() => client.Schedules.TriggerAsync("s", overlap));
        var allowed = await client.Schedules.TriggerAsync("s", OverlapPolicy.Allow);

        Assert.Contains($"'s' allows overlaps, so it does not follow", refused.Message, StringComparison.Ordinal);
        Assert.NotNull(allowed);
        Assert.Equal(2, (await client.Schedules.DescribeAsync("s")).Started);
    }

    [Fact]
    public async Task The_newest_instant_takes_the_place_of_what_runs_once_that_has_cleaned_up()
    {
        await using var world = new World();
        var client = await OpenAsync(world, body: async context =>
        {
            try
            {
                await context.SleepAsync(TimeSpan.FromMinutes(90));
                return "slept";
            }
            catch (OperationCanceledException)
            {
                await context.SleepAsync(TimeSpan.FromSeconds(10));
                return "cleaned up";
            }
        });
        await client.Schedules.CreateAsync(Of("s", "test", EveryMinute) with
        {
            Options = new() { Overlap = OverlapPolicy.CancelOther },
        });

        await world.PassAsync((2 * Minute) + TimeSpan.FromSeconds(5));
        var between = (await client.ListAsync()).Count;
        await world.PassAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(1, between);
        Assert.Equal(2, (await client.ListAsync()).Count);
        Assert.Equal(["cleaned up"], await Outputs(world, client));
    }

    [Fact]
    public async Task What_runs_again_knows_its_instant_still()
    {
        await using var world = new World();
        var client = await OpenAsync(world);
        await client.Schedules.CreateAsync(Of("s", "test", EveryMinute));
        await world.PassAsync(Minute + TimeSpan.FromSeconds(1));
        var first = client.Execution<string>(Assert.Single(await client.ListAsync()).Id);

        var again = await first.RerunAsync();

        Assert.Equal("00:01:00", await world.Until(again.ResultAsync()));
    }

    [Fact]
    public async Task What_runs_again_has_the_timeout_of_its_schedule_without_the_jitter()
    {
        await using var world = new World();
        var client = await OpenAsync(world);
        var options = new ScheduleOptions { Start = new() { Timeout = 3 * Minute }, Jitter = 20 * Minute };
        await client.Schedules.CreateAsync(
            Of("s", "test", Timetable.Every(TimeSpan.FromHours(1))) with { Options = options });
        await world.PassAsync(TimeSpan.FromMinutes(90));
        var first = client.Execution<string>(Assert.Single(await client.ListAsync()).Id);
        var row = (await first.DescribeAsync()).Row;
        Assert.True(row.Deadline!.Value.Since(row.CreatedAt) > 3 * Minute, "There was no jitter.");

        var again = (await (await first.RerunAsync()).DescribeAsync()).Row;

        Assert.Equal(3 * Minute, again.Deadline!.Value.Since(again.CreatedAt));
    }

    [Fact]
    public async Task A_backfill_starts_the_instants_of_the_past_one_after_another()
    {
        await using var world = new World();
        var client = await OpenAsync(world);
        await client.Schedules.CreateAsync(Of("s", "test", Timetable.Cron("0 * * * *")));

        await client.Schedules.BackfillAsync("s", World.Start.AddHours(-3), World.Start);
        await world.PassAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(["21:00:00", "22:00:00", "23:00:00", "00:00:00"], await Outputs(world, client));
        await Assert.ThrowsAsync<ArgumentException>(() =>
            client.Schedules.BackfillAsync("s", World.Start, World.Start.AddHours(1)));
    }

    [Fact]
    public async Task A_range_that_begins_before_1970_or_has_too_many_instants_is_refused_at_once()
    {
        await using var world = new World();
        var client = await OpenAsync(world);
        await client.Schedules.CreateAsync(Of("s", "test", Timetable.Cron("* * * * * *")));

        var early = await Assert.ThrowsAsync<ArgumentException>(() =>
            client.Schedules.BackfillAsync("s", default, World.Start));
        var large = await Assert.ThrowsAsync<ArgumentException>(() =>
            client.Schedules.BackfillAsync("s", World.Start.AddSeconds(-ScheduleClient.MostBackfilled), World.Start));
        var details = await client.Schedules.DescribeAsync("s");

        Assert.Contains("begins before 1970", early.Message, StringComparison.Ordinal);
        Assert.Contains("more than 100,000 instants", large.Message, StringComparison.Ordinal);
        Assert.Equal(0, details.Backfills);
    }

    [Fact]
    public async Task A_stored_range_from_before_1970_stops_neither_the_schedule_nor_an_engine_that_opens()
    {
        await using var world = new World();
        var client = await world.OpenAsync(Declared("* * * * *", "old"));
        var store = new InMemoryWorkflowStore(world.Database, client.Namespace).Schedules!;
        var row = (await store.FindAsync("s", TestContext.Current.CancellationToken))!;
        var bad = new Backfill(1, new Instant(Instant.From(default).Micros - 1), row.DueAt, AtOnce: true);
        await store.ApplyAsync(
            new ScheduleChange
            {
                Name = "s",
                ExpectedChange = row.ChangeId,
                Row = row with
                {
                    ChangeId = 1,
                    Progress = ScheduleJson.Write(ScheduleJson.ReadProgress(row) with { Backfills = [bad] }),
                },
            },
            TestContext.Current.CancellationToken);
        await world.CloseAsync();

        client = await world.OpenAsync(Declared("*/2 * * * *", "new"));
        await world.PassAsync((2 * Minute) + TimeSpan.FromSeconds(1));

        Assert.Equal(["new 00:02:00"], await Outputs(world, client));
        Assert.Equal(0, (await client.Schedules.DescribeAsync("s")).Backfills);
    }

    [Fact]
    public async Task A_change_waits_for_no_range_and_what_is_left_of_it_goes_by_the_new_timetable()
    {
        await using var world = new World();
        var client = await world.OpenAsync(_ => { }, worker: null);
        await client.Schedules.CreateAsync(Of("s", "test", EveryMinute));
        await client.Schedules.BackfillAsync("s", World.Start.AddDays(-1), World.Start, atOnce: true);

        await client.Schedules.PutAsync(Of("s", "test", Timetable.Cron("0 */8 * * *")));
        var put = await client.Schedules.DescribeAsync("s");
        client = await OpenAsync(world);
        await world.PassAsync(TimeSpan.FromSeconds(5));

        Assert.Equal((0, 1), (put.Started, put.Backfills));
        Assert.Equal(["00:00:00", "08:00:00", "16:00:00", "00:00:00"], await Outputs(world, client));
    }

    [Fact]
    public async Task What_is_left_of_the_ranges_of_the_past_can_be_dropped_and_the_timetable_goes_on()
    {
        await using var world = new World();
        var client = await OpenAsync(world, body: async context =>
        {
            await context.SleepAsync(Minute);
            return $"{context.Schedule!.At:HH:mm:ss}";
        });
        await client.Schedules.CreateAsync(Of("s", "test", Timetable.Cron("0 * * * *")));
        await client.Schedules.BackfillAsync("s", World.Start.AddDays(-1), World.Start.AddHours(-1));
        await client.Schedules.BackfillAsync("s", World.Start.AddDays(-2), World.Start.AddDays(-1), atOnce: true);
        await world.PassAsync(TimeSpan.FromSeconds(90));

        var dropped = await client.Schedules.CancelBackfillsAsync("s");
        var after = await client.Schedules.DescribeAsync("s");
        await world.PassAsync(TimeSpan.FromMinutes(62));

        Assert.Equal((2, 0, 2), (dropped, after.Backfills, after.Started));
        Assert.Equal(["00:00:00", "01:00:00", "01:00:00"], await Outputs(world, client));
        Assert.Equal(0, await client.Schedules.CancelBackfillsAsync("s"));
        await Assert.ThrowsAsync<ScheduleNotFoundException>(() => client.Schedules.CancelBackfillsAsync("t"));
    }

    [Fact]
    public async Task Ranges_that_are_dropped_stay_so_while_the_schedule_is_paused_and_whatever_becomes_of_answers()
    {
        await using var world = new World();
        var client = await world.OpenAsync(
            hydra => hydra.UseStore(setup => new FaultyStore(
                new InMemoryWorkflowStore(world.Database, setup.Namespace),
                call => call is { Kind: StoreCallKind.ApplySchedule, Number: 4 } ? StoreFault.AfterCall : null)),
            worker: null);
        await client.Schedules.CreateAsync(Of("s", "test", EveryMinute));
        await client.Schedules.PauseAsync("s");
        await client.Schedules.BackfillAsync("s", World.Start.AddDays(-1), World.Start);

        Assert.Equal(1, await world.Until(client.Schedules.CancelBackfillsAsync("s")));
        var paused = await client.Schedules.DescribeAsync("s");
        await client.Schedules.ResumeAsync("s");
        client = await OpenAsync(world);
        await world.PassAsync(Minute + TimeSpan.FromSeconds(1));

        Assert.Equal((true, 0), (paused.Paused, paused.Backfills));
        Assert.Equal(["00:01:00"], await Outputs(world, client));
    }

    [Fact]
    public async Task What_waits_can_be_dropped_and_is_counted_while_what_runs_and_the_timetable_go_on()
    {
        await using var world = new World();
        var client = await OpenAsync(world, body: async context =>
        {
            await context.SleepAsync(TimeSpan.FromSeconds(210));
            return $"{context.Schedule!.At:HH:mm:ss}";
        });
        await client.Schedules.CreateAsync(Of("s", "test", EveryMinute) with
        {
            Options = new() { Overlap = OverlapPolicy.BufferAll },
        });
        await world.PassAsync((3 * Minute) + TimeSpan.FromSeconds(1));

        var dropped = await client.Schedules.CancelWaitingAsync("s");
        var after = await client.Schedules.DescribeAsync("s");
        await world.PassAsync(7 * Minute);

        Assert.Equal((2, 0, 2), (dropped, after.Waiting.Count, after.Skipped));
        Assert.Single(after.Running);
        Assert.Equal(["00:01:00", "00:04:00"], await Outputs(world, client));
        await Assert.ThrowsAsync<ScheduleNotFoundException>(() => client.Schedules.CancelWaitingAsync("t"));
    }

    [Fact]
    public async Task What_waits_of_a_paused_schedule_stays_until_it_is_dropped_whatever_becomes_of_answers()
    {
        await using var world = new World();
        var client = await world.OpenAsync(
            hydra => hydra.UseStore(setup => new FaultyStore(
                new InMemoryWorkflowStore(world.Database, setup.Namespace),
                call => call is { Kind: StoreCallKind.ApplySchedule, Number: 5 } ? StoreFault.AfterCall : null)),
            worker: null);
        await client.Schedules.CreateAsync(Of("s", "test", Timetable.Cron("0 0 1 1 *")) with
        {
            Options = new() { Overlap = OverlapPolicy.BufferAll },
        });
        await client.Schedules.TriggerAsync("s");
        await client.Schedules.TriggerAsync("s");
        await client.Schedules.PauseAsync("s");
        var paused = await client.Schedules.DescribeAsync("s");

        var dropped = await world.Until(client.Schedules.CancelWaitingAsync("s"));
        var after = await client.Schedules.DescribeAsync("s");
        var again = await client.Schedules.CancelWaitingAsync("s");

        Assert.Equal((1, 1, 0), (paused.Waiting.Count, dropped, again));
        Assert.Equal((true, 0, 1), (after.Paused, after.Waiting.Count, after.Skipped));
    }

    [Fact]
    public async Task What_somebody_else_has_dropped_first_is_not_counted_again()
    {
        await using var world = new World();
        var other = await world.OpenAsync(_ => { }, worker: null);
        var client = await world.OpenAsync(
            hydra => hydra.UseStore(setup => new FaultyStore(
                new InMemoryWorkflowStore(world.Database, setup.Namespace),
                call =>
                {
                    if (call is { Kind: StoreCallKind.ApplySchedule, Number: 1 })
                    {
                        Assert.Equal(1, other.Schedules.CancelWaitingAsync("s").GetAwaiter().GetResult());
                    }

                    return null;
                })),
            worker: null);
        await other.Schedules.CreateAsync(Of("s", "test", Timetable.Cron("0 0 1 1 *")) with
        {
            Options = new() { Overlap = OverlapPolicy.BufferAll },
        });
        await other.Schedules.TriggerAsync("s");
        await other.Schedules.TriggerAsync("s");

        Assert.Equal(0, await world.Until(client.Schedules.CancelWaitingAsync("s")));
        Assert.Equal(1, (await client.Schedules.DescribeAsync("s")).Skipped);
    }

    [Fact]
    public async Task A_schedule_that_is_made_anew_starts_executions_of_its_own()
    {
        await using var world = new World();
        var client = await OpenAsync(world);
        await client.Schedules.CreateAsync(Of("s", "test", EveryMinute));
        await world.PassAsync(Minute + TimeSpan.FromSeconds(1));
        await client.Schedules.DeleteAsync("s");
        await client.Schedules.CreateAsync(Of("s", "test", EveryMinute));

        await client.Schedules.BackfillAsync("s", World.Start.AddMinutes(1), World.Start.AddMinutes(1));
        await world.PassAsync(TimeSpan.FromSeconds(5));

        Assert.Equal(["00:01:00", "00:01:00"], await Outputs(world, client));
    }

    [Fact]
    public async Task Calls_tell_what_is_not_there_and_what_is_another()
    {
        await using var world = new World();
        var client = await OpenAsync(world);
        var schedule = Of("s", "test", EveryMinute);

        await client.Schedules.CreateAsync(schedule);
        await client.Schedules.CreateAsync(schedule);

        await Assert.ThrowsAsync<ScheduleExistsException>(() =>
            client.Schedules.CreateAsync(schedule with { Workflow = "other" }));
        await Assert.ThrowsAsync<ScheduleNotFoundException>(() => client.Schedules.PauseAsync("t"));
        await Assert.ThrowsAsync<ScheduleNotFoundException>(() => client.Schedules.DeleteAsync("t"));
        await Assert.ThrowsAsync<ScheduleNotFoundException>(() => client.Schedules.TriggerAsync("t"));
        await Assert.ThrowsAsync<ArgumentException>(() =>
            client.Schedules.UpdateAsync("s", one => one with { Name = "t" }));
        await Assert.ThrowsAsync<InvalidCronException>(() => client.CreateCronJobAsync("0 24 * * *", "t", "test"));
        Assert.Equal("s", Assert.Single(await client.Schedules.ListAsync()).Schedule.Name);
    }

    [Fact]
    public async Task What_another_process_makes_and_resumes_is_fired_at_once_although_workers_look_seldom()
    {
        await using var world = new World();
        await world.OpenAsync(
            hydra => hydra.AddWorkflow(
                "test", (WorkflowContext context, int _) => Task.FromResult($"{context.Schedule!.At:HH:mm:ss}")),
            worker => worker with { PollInterval = TimeSpan.FromHours(1) });
        var other = await world.OpenAsync(_ => { }, worker: null);
        await world.PassAsync(TimeSpan.FromSeconds(30));

        await other.Schedules.CreateAsync(Of("s", "test", Timetable.Every(TimeSpan.FromSeconds(5))));
        await world.PassAsync(TimeSpan.FromSeconds(6));
        await other.Schedules.PauseAsync("s");
        await world.PassAsync(TimeSpan.FromSeconds(10));
        await other.Schedules.ResumeAsync("s");
        await world.PassAsync(TimeSpan.FromSeconds(5));

        var starts = await Outputs(world, other);
        Assert.Equal(["00:00:35", "00:00:45", "00:00:50"], starts);
    }

    [Fact]
    public async Task Schedules_of_names_and_of_types_start_alike_and_are_previewed()
    {
        await using var world = new World();
        var client = await OpenAsync(world);

        await client.CreateCronJobAsync("0 9 * * *", "by-name", "test", Payload.Create("0"u8), "Europe/Berlin");
        await client.Workflow<int, string>("test").ScheduleAsync("by-type", "0 9 * * *", 0, "Europe/Berlin");
        var preview = await client.Schedules.PreviewAsync("by-type", 2);
        await world.AdvanceAsync(TimeSpan.FromHours(8));
        await world.PassAsync(TimeSpan.FromSeconds(5));

        Assert.Equal([World.Start.AddHours(8), World.Start.AddHours(32)], preview);
        Assert.Equal(["08:00:00", "08:00:00"], await Outputs(world, client));
    }

    private static void DeclareEverySecond(HydraBuilder hydra) => hydra
        .AddWorkflow("tick", (WorkflowContext context, int _) => Task.FromResult($"{context.Schedule!.At:HH:mm:ss}"))
        .Schedule("secondly", "* * * * * *", 1, options: new()
        {
            Overlap = OverlapPolicy.Allow,
            CatchUp = CatchUpPolicy.All,
        });

    private static Action<HydraBuilder> Declared(string cron, string input) => hydra => hydra
        .AddWorkflow("test", (WorkflowContext context, string word) =>
            Task.FromResult($"{word} {context.Schedule!.At:HH:mm:ss}"))
        .Schedule("s", cron, input);

    internal static Task<IHydraClient> OpenAsync(World world, Func<WorkflowContext, Task<string>>? body = null) =>
        world.OpenAsync((WorkflowContext context, int _) =>
            body?.Invoke(context) ?? Task.FromResult($"{context.Schedule!.At:HH:mm:ss}"));

    internal static Schedule Of(string name, string workflow, Timetable timetable) =>
        new(name, workflow, timetable) { Input = Payload.Create("0"u8) };

    /// <summary>What the completed executions resulted in, in the order in which they were started.</summary>
    internal static async Task<List<string>> Outputs(World world, IHydraClient client)
    {
        await world.RestAsync();
        var rows = await client.ListAsync(new() { State = ExecutionState.Completed, Limit = 1_000 });
        var outputs = new List<string>();
        foreach (var row in rows.OrderBy(row => row.CreatedAt).ThenBy(row => row.Id))
        {
            outputs.Add(await client.Execution<string>(row.Id).ResultAsync(TestContext.Current.CancellationToken));
        }

        return outputs;
    }
}
