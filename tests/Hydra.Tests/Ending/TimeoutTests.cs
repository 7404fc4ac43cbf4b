using Hydra.Storage;
using Hydra.Tests.Support;

namespace Hydra.Tests.Ending;

public class TimeoutTests
{
    private static readonly StartOptions TenMinutes = new() { Timeout = TimeSpan.FromMinutes(10) };

    [Fact]
    public async Task A_running_step_hears_of_the_execution_s_timeout_and_the_execution_has_timed_out()
    {
        await using var world = new World();
        var firedAt = TimeSpan.Zero;
        Exception? seen = null;
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                try
                {
                    return await context.StepAsync("slow", async token =>
                    {
                        using var registration = token.Register(() => firedAt = world.Elapsed);
                        await Task.Delay(Timeout.Infinite, token);
                        return 1;
                    });
                }
                catch (Exception e)
                {
                    seen = e;
                    throw;
                }
            },
            0,
            TenMinutes);

        var details = await world.EndOf(handle);
        var thrown = await Assert.ThrowsAsync<WorkflowFailedException>(() => handle.ResultAsync());

        Assert.IsType<WorkflowTimedOutException>(seen);
        Assert.InRange(firedAt.TotalSeconds, 600, 601);
        Assert.Equal((ExecutionState.TimedOut, 1), (details.Row.State, details.Row.Attempt));
        Assert.Equal([EntryKind.Input, EntryKind.Timeout, EntryKind.Terminal], details.Kinds());
        Assert.Equal(("Hydra.WorkflowTimedOutException", ExecutionState.TimedOut), (details.End().Type, thrown.State));
    }

    [Fact]
    public async Task A_sleeping_execution_wakes_at_its_timeout()
    {
        await using var world = new World();
        var handle = await world.StartAsync(Sleeper, 0, TenMinutes);
        var asleep = await world.Now(handle);

        await world.AdvanceAsync(TimeSpan.FromMinutes(10));
        var details = await world.EndOf(handle);

        Assert.Equal(TimeSpan.FromMinutes(10), asleep.Row.DueAt.Time());
        Assert.Equal(ExecutionState.TimedOut, details.Row.State);
        Assert.InRange(details.Row.FinishedAt!.Value.Time().TotalSeconds, 600, 601);
    }

    [Fact]
    public async Task The_timeout_runs_over_sleeps_and_attempts()
    {
        await using var world = new World();
        var starts = 0;
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                starts++;
                await context.SleepAsync(TimeSpan.FromMinutes(4));
                if (context.UtcNow - World.Start < TimeSpan.FromMinutes(8))
                {
                    throw new InvalidOperationException("no");
                }

                await context.SleepAsync(TimeSpan.FromMinutes(4));
                return 7;
            },
            0,
            TenMinutes with { MaxAttempts = 100, RetryBackoff = TimeSpan.FromMinutes(1) });

        var details = await world.EndOf(handle);

        Assert.Equal(ExecutionState.TimedOut, details.Row.State);
        Assert.InRange(details.Row.FinishedAt!.Value.Time().TotalMinutes, 10, 11.1);
        Assert.True(starts > 2);
    }

    [Fact]
    public async Task Code_that_fails_past_its_time_without_having_been_told_ends_with_the_failure_inside()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            Task<int> (WorkflowContext _, int _) =>
            {
                world.Clock.Advance(TimeSpan.FromMinutes(11)); // In the middle of the turn.
                throw new InvalidOperationException("no");
            },
            0,
            TenMinutes with { MaxAttempts = 3 });

        var details = await world.EndOf(handle);

        Assert.Equal((ExecutionState.TimedOut, 1), (details.Row.State, details.Row.Attempt));
        Assert.Equal([EntryKind.Input, EntryKind.Terminal], details.Kinds());
        Assert.Equal("no", Assert.Single(details.End().Inner!).Message);
    }

    [Fact]
    public async Task An_attempt_that_fails_when_the_time_is_up_is_the_last()
    {
        for (var i = 0; i < 10; i++) // Maintenance may come first, and often does.
        {
            await using var world = new World();
            var handle = await world.StartAsync(
                Task<int> (WorkflowContext _, int _) => throw new InvalidOperationException("no"),
                0,
                TenMinutes with { MaxAttempts = 1_000, RetryBackoff = TimeSpan.FromHours(1) });

            var details = await world.EndOf(handle);

            Assert.Equal(ExecutionState.TimedOut, details.Row.State);
            Assert.InRange(details.Row.FinishedAt!.Value.Time().TotalMinutes, 10, 11.1);
            Assert.InRange(details.Row.Attempt, 2, 3);
            Assert.Equal(typeof(WorkflowTimedOutException).FullName, details.End().Type);
        }
    }

    [Fact]
    public async Task The_timeout_runs_from_when_the_execution_is_first_due()
    {
        await using var world = new World();
        var handle = await world.StartAsync(Sleeper, 0, TenMinutes with { Delay = TimeSpan.FromHours(1) });

        var details = await world.EndOf(handle);

        Assert.Equal(ExecutionState.TimedOut, details.Row.State);
        Assert.Equal(TimeSpan.FromMinutes(70), details.Row.Deadline!.Value.Time());
        Assert.InRange(details.Row.FinishedAt!.Value.Time().TotalMinutes, 70, 70.1);
    }

    [Fact]
    public async Task What_nobody_runs_times_out_all_the_same()
    {
        await using var world = new World();
        var client = await world.OpenAsync((WorkflowContext _, int _) => Task.FromResult(1));
        var handle = await client.Workflow<int, int>("nobody's").StartAsync(0, TenMinutes);

        await world.AdvanceAsync(TimeSpan.FromMinutes(10));
        await world.PassAsync(TimeSpan.FromSeconds(10));
        var details = await handle.DescribeAsync();

        Assert.Equal(ExecutionState.TimedOut, details.Row.State);
        Assert.Null(details.Row.StartedAt);
        Assert.Equal("Hydra.WorkflowTimedOutException", details.End().Type);
    }

    [Fact]
    public async Task Steps_called_after_the_timeout_clean_up()
    {
        await using var world = new World();
        var cleaned = 0;
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                try
                {
                    await context.SleepAsync(TimeSpan.FromDays(1));
                    return 1;
                }
                finally
                {
                    await context.StepAsync("release", _ =>
                    {
                        cleaned++;
                        return Task.CompletedTask;
                    });
                    await context.SleepAsync(TimeSpan.FromMinutes(30));
                    await context.StepAsync("refund", _ =>
                    {
                        cleaned++;
                        return Task.CompletedTask;
                    });
                }
            },
            0,
            TenMinutes);

        var details = await world.EndOf(handle);

        Assert.Equal((2, ExecutionState.TimedOut), (cleaned, details.Row.State));
        Assert.InRange(details.Row.FinishedAt!.Value.Time().TotalMinutes, 40, 41);
        Assert.Single(details.Kinds(), EntryKind.Timeout);
    }

    [Fact]
    public async Task A_workflow_that_catches_the_timeout_and_returns_has_completed()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                try
                {
                    await context.SleepAsync(TimeSpan.FromDays(1));
                    return "slept";
                }
                catch (WorkflowTimedOutException)
                {
                    return "gave up";
                }
            },
            0,
            TenMinutes);

        Assert.Equal("gave up", await world.Until(handle.ResultAsync()));
    }

    [Fact]
    public async Task A_cancellation_of_the_code_s_own_that_follows_its_timeout_counts_as_it()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                try
                {
                    await context.SleepAsync(TimeSpan.FromDays(1));
                }
                catch (WorkflowTimedOutException)
                {
                    context.CancellationToken.ThrowIfCancellationRequested();
                }

                return 1;
            },
            0,
            TenMinutes);

        var details = await world.EndOf(handle);

        Assert.Equal(ExecutionState.TimedOut, details.Row.State);
        Assert.Equal(typeof(OperationCanceledException).FullName, details.End().Type);
    }

    [Fact]
    public async Task An_execution_that_ends_in_time_is_not_bothered()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                await context.SleepAsync(TimeSpan.FromMinutes(9));
                return 7;
            },
            0,
            TenMinutes);

        Assert.Equal(7, await world.Until(handle.ResultAsync()));
    }

    [Fact]
    public async Task A_timeout_that_passes_while_every_process_is_down_is_heard_by_the_next()
    {
        await using var world = new World();
        var handle = await world.StartAsync(Sleeper, 0, TenMinutes);
        await world.RestAsync();
        await world.CrashAsync();
        await world.AdvanceAsync(TimeSpan.FromHours(5));

        var client = await world.OpenAsync<int, int>(Sleeper);
        var details = await world.EndOf(client.Execution(handle.Id));

        Assert.Equal(ExecutionState.TimedOut, details.Row.State);
    }

    [Fact]
    public async Task A_timeout_after_a_cancellation_is_heard_as_well_and_the_cancellation_counts()
    {
        await using var world = new World();
        var heard = new List<string>();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                try
                {
                    await context.SleepAsync(TimeSpan.FromDays(1));
                    return 1;
                }
                catch (OperationCanceledException)
                {
                    heard.Add("cancelled");
                    try
                    {
                        await context.SleepAsync(TimeSpan.FromHours(1));
                    }
                    catch (WorkflowTimedOutException)
                    {
                        heard.Add("timed out");
                    }

                    throw;
                }
            },
            0,
            TenMinutes);
        await world.RestAsync();
        await handle.CancelAsync();

        var details = await world.EndOf(handle);

        Assert.Equal(["cancelled", "cancelled", "timed out"], heard);
        Assert.Equal(ExecutionState.Cancelled, details.Row.State);
    }

    private static async Task<int> Sleeper(WorkflowContext context, int _)
    {
        await context.SleepAsync(TimeSpan.FromDays(1));
        return 7;
    }
}
