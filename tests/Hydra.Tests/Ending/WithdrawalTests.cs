using Hydra.Storage;
using Hydra.Tests.Support;

namespace Hydra.Tests.Ending;

/// <summary>Calls that the workflow's own token takes back, such as the losers of a race.</summary>
public class WithdrawalTests
{
    [Fact]
    public async Task The_loser_of_a_race_is_withdrawn_and_the_execution_ends_without_it()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                using var lose = new CancellationTokenSource();
                var sleep = context.SleepAsync(TimeSpan.FromDays(1), lose.Token);
                var step = context.StepAsync("quick", _ => Task.FromResult(7));
                var first = await Task.WhenAny(sleep, step);
                lose.Cancel();
                await context.SleepAsync(TimeSpan.FromMinutes(1)); // Is not kept awake by the sleep of a day.
                return first == step && sleep.IsCanceled ? await step : -1;
            },
            0);

        var details = await world.EndOf(handle);

        Assert.Equal((ExecutionState.Completed, "7"), (details.Row.State, details.Journal[^1].Output.Text()));
        Assert.Equal("sleep#2", Assert.Single(details.Sleeps()).Key);
        Assert.InRange(details.Row.FinishedAt!.Value.Time().TotalSeconds, 60, 61);
    }

    [Fact]
    public async Task The_body_of_a_withdrawn_step_hears_it_by_its_token()
    {
        await using var world = new World();
        var fired = false;

        var result = await world.RunAsync(async context =>
        {
            using var lose = new CancellationTokenSource();
            var slow = context.StepAsync(
                "slow",
                async token =>
                {
                    using var registration = token.Register(() => fired = true);
                    await Task.Delay(Timeout.Infinite, token);
                    return 1;
                },
                cancellationToken: lose.Token);
            await context.StepAsync("quick", _ => Task.FromResult(7));
            lose.Cancel();
            await Assert.ThrowsAsync<TaskCanceledException>(() => slow);
            await context.SleepAsync(TimeSpan.FromSeconds(5));
            return fired; // Before the workflow ends, which tells every body.
        });

        Assert.True(result);
    }

    [Fact]
    public async Task A_late_result_of_a_withdrawn_step_matters_to_nobody()
    {
        await using var world = new World();
        var end = new TaskCompletionSource<int>();
        var paths = new List<string>();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                using var lose = new CancellationTokenSource();
                var stubborn = context.StepAsync("stubborn", _ => end.Task, cancellationToken: lose.Token);
                await context.SleepAsync(TimeSpan.FromMilliseconds(500));
                lose.Cancel();
                paths.Add(stubborn.IsCanceled ? "withdrawn" : "kept");
                await context.StepAsync("next", _ => Task.CompletedTask);
                await context.SleepAsync(TimeSpan.FromMinutes(1));
                return 7;
            },
            0);
        await world.PassAsync(TimeSpan.FromSeconds(5));

        end.SetResult(1);
        var details = await world.EndOf(handle);

        Assert.Equal(ExecutionState.Completed, details.Row.State);
        Assert.Equal("next", Assert.Single(details.Steps()).Key);
        Assert.All(paths, path => Assert.Equal("withdrawn", path));
        Assert.Contains(details.Tries, row => row is { Key: "stubborn", Phase: TryPhase.Abandoned });
    }

    [Fact]
    public async Task A_call_with_a_token_that_has_fired_is_not_made()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                var fired = new CancellationToken(canceled: true);
                await Assert.ThrowsAsync<TaskCanceledException>(
                    () => context.StepAsync("no", _ => Task.FromResult(1), cancellationToken: fired));
                await Assert.ThrowsAsync<TaskCanceledException>(() => context.SleepAsync(TimeSpan.FromDays(1), fired));
                return 7;
            },
            0);

        var details = await world.EndOf(handle);

        Assert.Equal([EntryKind.Input, EntryKind.Terminal], details.Kinds());
    }

    [Fact]
    public async Task The_context_s_own_token_may_be_passed_to_calls()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                await context.SleepAsync(TimeSpan.FromDays(1), context.CancellationToken);
                return 7;
            },
            0);
        await world.RestAsync();

        await handle.CancelAsync();

        Assert.Equal(ExecutionState.Cancelled, await world.Until(handle.WaitAsync()));
    }

    [Fact]
    public async Task The_context_s_own_token_passed_to_a_call_tells_a_timeout_from_a_cancellation()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                await context.StepAsync(
                    "slow",
                    token => Task.Delay(Timeout.Infinite, token),
                    cancellationToken: context.CancellationToken);
                return 7;
            },
            0,
            new() { Timeout = TimeSpan.FromMinutes(1) });

        Assert.Equal(ExecutionState.TimedOut, await world.Until(handle.WaitAsync()));
    }

    [Fact]
    public async Task A_token_that_fires_outside_the_workflow_withdraws_nothing_and_harms_nobody()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                var late = new CancellationTokenSource(TimeSpan.FromSeconds(1), world.Clock);
                return await context.StepAsync(
                    "slow",
                    async token =>
                    {
                        await Task.Delay(TimeSpan.FromSeconds(5), world.Clock, token);
                        return 7;
                    },
                    cancellationToken: late.Token);
            },
            0);

        Assert.Equal(7, await world.Until(handle.ResultAsync()));
        Assert.Contains("fired outside the workflow's own code", world.Log.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_that_fires_when_its_execution_has_left_memory_reaches_nobody()
    {
        await using var world = new World();
        using var late = new CancellationTokenSource();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                await context.SleepAsync(TimeSpan.FromDays(1), late.Token);
                return 7;
            },
            0);
        var asleep = await world.Now(handle);

        late.Cancel();
        await world.RestAsync();

        Assert.Equal(ExecutionState.Sleeping, asleep.Row.State);
        Assert.DoesNotContain("Error", world.Log.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_still_running_when_its_workflow_ends_is_told_to_stop_and_recorded()
    {
        await using var world = new World();
        var fired = new TaskCompletionSource();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                var forgotten = context.StepAsync("forgotten", async token =>
                {
                    using var registration = token.Register(() => fired.TrySetResult());
                    await Task.Delay(Timeout.Infinite, token);
                });
                var quick = context.StepAsync("quick", _ => Task.FromResult(7));
                return await Task.WhenAny(forgotten, quick) == quick ? await quick : -1;
            },
            0);

        var details = await world.EndOf(handle);
        await world.Until(fired.Task);

        Assert.Equal(ExecutionState.Completed, details.Row.State);
        Assert.Contains(details.Tries, row => row is { Key: "forgotten", Phase: TryPhase.Abandoned });
    }
}
