using Hydra.Tests.Support;

namespace Hydra.Tests.Sleeps;

public class SleepTests
{
    [Fact]
    public async Task A_sleeping_execution_holds_no_slot_and_wakes_when_it_is_due()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            async (WorkflowContext context, TimeSpan span) =>
            {
                await context.SleepAsync(span);
                return context.UtcNow;
            },
            TimeSpan.FromHours(24));

        var asleep = await world.Now(handle);
        await world.AdvanceAsync(TimeSpan.FromHours(24) - TimeSpan.FromTicks(10));
        var stillAsleep = await world.Now(handle);
        await world.AdvanceAsync(TimeSpan.FromTicks(10));
        var result = await world.Until(handle.ResultAsync());

        Assert.Equal((ExecutionState.Sleeping, TimeSpan.FromHours(24)), (asleep.Row.State, asleep.Row.DueAt.Time()));
        Assert.Equal(ExecutionState.Sleeping, stillAsleep.Row.State);
        Assert.InRange((result - World.Start).TotalHours, 24, 24.001);
    }

    [Fact]
    public async Task One_slot_serves_many_sleepers()
    {
        await using var world = new World();
        var client = await world.OpenAsync(
            async (WorkflowContext context, int number) =>
            {
                await context.SleepAsync(TimeSpan.FromMinutes(1));
                return number;
            },
            worker: worker => worker with { Concurrency = 1 });
        var handles = new List<ExecutionHandle<int>>();
        for (var i = 0; i < 200; i++)
        {
            handles.Add(await client.Workflow<int, int>("test").StartAsync(i));
        }

        await world.RestAsync();
        var asleep = await client.ListAsync(new() { State = ExecutionState.Sleeping, Limit = 1000 });
        await world.AdvanceAsync(TimeSpan.FromMinutes(1));
        var results = await world.Until(Task.WhenAll(handles.Select(handle => handle.ResultAsync())));

        Assert.Equal(200, asleep.Count);
        Assert.Equal(Enumerable.Range(0, 200), results);
        Assert.InRange(world.Elapsed.TotalSeconds, 60, 61);
    }

    [Fact]
    public async Task Parallel_sleeps_end_each_in_its_time()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                var order = new List<int>();
                await Task.WhenAll(Nap(30), Nap(10), Nap(20));
                return string.Join(' ', order);

                async Task Nap(int minutes)
                {
                    await context.SleepAsync(TimeSpan.FromMinutes(minutes));
                    order.Add(minutes);
                }
            },
            0);

        var result = await world.Until(handle.ResultAsync());
        var details = await world.EndOf(handle);

        Assert.Equal("10 20 30", result);
        Assert.Equal(["sleep#2", "sleep#3", "sleep"], details.Sleeps().Select(entry => entry.Key));
        Assert.Equal([10, 20, 30], details.Sleeps().Select(entry => Math.Floor(entry.At.Time().TotalMinutes)));
    }

    [Theory]
    [InlineData(5, "step")]
    [InlineData(50, "sleep")]
    public async Task A_step_races_a_sleep(int stepSeconds, string winner)
    {
        await using var world = new World();

        var result = await world.RunAsync(async context =>
        {
            var step = context.StepAsync("work", async token =>
            {
                await Task.Delay(TimeSpan.FromSeconds(stepSeconds), world.Clock, token);
                return 1;
            });
            var sleep = context.SleepAsync(TimeSpan.FromSeconds(20));
            return await Task.WhenAny(step, sleep) == step ? "step" : "sleep";
        });

        Assert.Equal(winner, result);
    }

    [Fact]
    public async Task The_winner_of_a_race_is_the_same_when_the_code_runs_again()
    {
        await using var world = new World();
        var winners = new List<string>();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                var step = context.StepAsync("work", async token =>
                {
                    await Task.Delay(TimeSpan.FromSeconds(5), world.Clock, token);
                    return 1;
                });
                var sleep = context.SleepAsync(TimeSpan.FromMinutes(2));
                winners.Add(await Task.WhenAny(step, sleep) == step ? "step" : "sleep");
                await sleep; // Suspended here, and activated anew when both have ended.
                winners.Add("end");
                return 0;
            },
            0);

        await world.EndOf(handle);

        Assert.Equal(["step", "step", "end"], winners);
    }

    [Fact]
    public async Task A_sleep_of_no_length_ends_at_once()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                await context.SleepAsync(TimeSpan.Zero);
                return 7;
            },
            0);

        var details = await world.Now(handle);

        Assert.Equal(ExecutionState.Completed, details.Row.State);
        Assert.Equal(TimeSpan.Zero, Assert.Single(details.Sleeps()).At.Time());
    }

    [Fact]
    public async Task A_sleep_until_the_past_ends_at_once()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                await context.SleepUntilAsync(World.Start.AddYears(-5));
                await context.SleepUntilAsync(DateTimeOffset.MinValue);
                return 7;
            },
            0);

        var details = await world.Now(handle);

        Assert.Equal(ExecutionState.Completed, details.Row.State);
        Assert.Equal(2, details.Sleeps().Count);
    }

    [Fact]
    public async Task A_sleep_until_a_time_ends_then_in_any_time_zone()
    {
        await using var world = new World();
        var until = new DateTimeOffset(2026, 1, 3, 12, 0, 0, TimeSpan.FromHours(5));
        var handle = await world.StartAsync(
            async (WorkflowContext context, DateTimeOffset until) =>
            {
                await context.SleepUntilAsync(until);
                return 7;
            },
            until);

        var asleep = await world.Now(handle);
        await world.AdvanceAsync(until - World.Start);

        Assert.Equal(until, asleep.Row.DueAt.ToDateTimeOffset());
        Assert.Equal(7, await world.Until(handle.ResultAsync()));
    }

    [Fact]
    public async Task A_negative_sleep_is_refused_at_once()
    {
        await using var world = new World();

        var parameter = await world.RunAsync(context => Task.FromResult(
            Thrown.AtOnce<ArgumentOutOfRangeException>(() => context.SleepAsync(TimeSpan.FromTicks(-1))).ParamName));

        Assert.Equal("duration", parameter);
    }

    [Fact]
    public async Task A_sleep_of_a_hundred_years_ends_after_a_hundred_years()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                await context.SleepAsync(TimeSpan.FromDays(36_500));
                return 7;
            },
            0);
        await world.AdvanceAsync(TimeSpan.FromDays(36_499));
        var asleep = await world.Now(handle);

        await world.AdvanceAsync(TimeSpan.FromDays(1));

        Assert.Equal(ExecutionState.Sleeping, asleep.Row.State);
        Assert.Equal(7, await world.Until(handle.ResultAsync()));
    }

    [Fact]
    public async Task The_longest_sleep_there_is_troubles_nobody_else()
    {
        await using var world = new World();
        var client = await world.OpenAsync(async (WorkflowContext context, TimeSpan span) =>
        {
            await context.SleepAsync(span);
            return 7;
        });
        var longest = await client.Workflow<TimeSpan, int>("test").StartAsync(TimeSpan.MaxValue);
        var asleep = await world.Now(longest);
        await world.PassAsync(TimeSpan.FromSeconds(20));

        var other = await client.Workflow<TimeSpan, int>("test").StartAsync(TimeSpan.FromSeconds(5));

        Assert.Equal(ExecutionState.Sleeping, asleep.Row.State);
        Assert.Equal(7, await world.Until(other.ResultAsync()));
        Assert.Equal(CancelOutcome.Requested, await longest.CancelAsync());
        Assert.Equal(ExecutionState.Cancelled, await world.Until(longest.WaitAsync()));
    }

    [Fact]
    public async Task The_longest_sleep_may_run_beside_a_step()
    {
        await using var world = new World();

        var result = await world.RunAsync(async context =>
        {
            var sleep = context.SleepAsync(TimeSpan.MaxValue);
            var until = context.SleepUntilAsync(DateTimeOffset.MaxValue);
            var step = context.StepAsync("work", async token =>
            {
                await Task.Delay(TimeSpan.FromSeconds(5), world.Clock, token);
                return "step";
            });
            return await Task.WhenAny(sleep, until, step) == step ? await step : "sleep";
        });

        Assert.Equal("step", result);
    }

    [Fact]
    public async Task Equal_sleeps_in_a_loop_are_sleeps_of_their_own()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int count) =>
            {
                for (var i = 0; i < count; i++)
                {
                    await context.SleepAsync(TimeSpan.FromMinutes(1));
                }

                return context.UtcNow;
            },
            5);

        var result = await world.Until(handle.ResultAsync());
        var details = await world.EndOf(handle);

        Assert.Equal(
            ["sleep", "sleep#2", "sleep#3", "sleep#4", "sleep#5"], details.Sleeps().Select(entry => entry.Key));
        Assert.InRange((result - World.Start).TotalMinutes, 5, 5.1);
    }

    [Fact]
    public async Task A_step_may_be_called_sleep()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                await context.SleepAsync(TimeSpan.FromSeconds(1));
                return await context.StepAsync("sleep", _ => Task.FromResult(7));
            },
            0);

        var details = await world.EndOf(handle);

        Assert.Equal("sleep#2", Assert.Single(details.Steps()).Key);
    }

    [Fact]
    public async Task A_long_sleep_is_over_at_once_after_a_long_outage()
    {
        await using var world = new World();
        Func<WorkflowContext, int, Task<int>> run = async (context, _) =>
        {
            await context.SleepAsync(TimeSpan.FromMinutes(1));
            return 7;
        };
        var handle = await world.StartAsync(run, 0);
        await world.RestAsync();
        await world.CrashAsync();
        await world.AdvanceAsync(TimeSpan.FromDays(3));

        var client = await world.OpenAsync(run);
        var details = await world.Now(client.Execution(handle.Id));

        Assert.Equal(ExecutionState.Completed, details.Row.State);
    }
}
