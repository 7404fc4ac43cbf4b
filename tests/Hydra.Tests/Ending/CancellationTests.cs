using Hydra.Storage;
using Hydra.Tests.Support;

namespace Hydra.Tests.Ending;

public class CancellationTests
{
    [Fact]
    public async Task Cancelling_fires_the_token_of_a_running_step_and_ends_the_execution()
    {
        await using var world = new World();
        var fired = new TaskCompletionSource();
        var handle = await world.StartAsync(
            (WorkflowContext context, int _) => context.StepAsync("slow", async token =>
            {
                using var registration = token.Register(() => fired.TrySetResult());
                await Task.Delay(Timeout.Infinite, token);
                return 1;
            }),
            0);
        await world.RestAsync();

        var outcome = await handle.CancelAsync();
        var details = await world.EndOf(handle);
        var thrown = await Assert.ThrowsAsync<WorkflowFailedException>(() => handle.ResultAsync());

        Assert.Equal(CancelOutcome.Requested, outcome);
        await world.Until(fired.Task);
        Assert.Equal(TimeSpan.Zero, details.Row.FinishedAt!.Value.Time());
        Assert.Equal((ExecutionState.Cancelled, 1), (details.Row.State, details.Row.Attempt));
        Assert.Equal([EntryKind.Input, EntryKind.Cancellation, EntryKind.Terminal], details.Kinds());
        Assert.Equal(ExecutionState.Cancelled, thrown.State);
        Assert.Equal(ExecutionRequests.None, details.Row.Requests);
    }

    [Fact]
    public async Task Cancelling_wakes_a_sleeping_execution()
    {
        await using var world = new World();
        var handle = await world.StartAsync(Sleeper, 0);
        await world.RestAsync();

        await handle.CancelAsync();
        var details = await world.Now(handle);

        Assert.Equal(ExecutionState.Cancelled, details.Row.State);
        Assert.Equal(TimeSpan.Zero, world.Elapsed);
    }

    [Fact]
    public async Task Cancelling_what_never_began_ends_it_at_once()
    {
        await using var world = new World();
        var client = await world.OpenAsync(_ => { }, worker: null);
        var handle = await client.Workflow<int, int>("nobody's").StartAsync(0);

        var outcome = await handle.CancelAsync();
        var details = await handle.DescribeAsync();

        Assert.Equal((CancelOutcome.Cancelled, ExecutionState.Cancelled), (outcome, details.Row.State));
        Assert.Equal([EntryKind.Input, EntryKind.Terminal], details.Kinds());
    }

    [Fact]
    public async Task Cancelling_between_attempts_ends_the_execution_at_once()
    {
        await using var world = new World();
        var handle = await world.StartAsync<int, int>(
            (_, _) => throw new InvalidOperationException("no"), 0, new() { RetryBackoff = TimeSpan.FromHours(1) });
        await world.RestAsync();

        var outcome = await handle.CancelAsync();

        Assert.Equal(CancelOutcome.Cancelled, outcome);
        Assert.Equal(ExecutionState.Cancelled, await world.Until(handle.WaitAsync()));
    }

    [Fact]
    public async Task Steps_called_after_a_cancellation_clean_up()
    {
        await using var world = new World();
        var cleaned = new List<string>();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                try
                {
                    await context.SleepAsync(TimeSpan.FromDays(1));
                    return 1;
                }
                catch (OperationCanceledException) when (context.CancellationToken.IsCancellationRequested)
                {
                    await context.StepAsync("release", token =>
                    {
                        cleaned.Add(token.IsCancellationRequested ? "cancelled" : "running");
                        return Task.CompletedTask;
                    });
                    await context.SleepAsync(TimeSpan.FromMinutes(5)); // Even across a suspension.
                    await context.StepAsync("refund", _ =>
                    {
                        cleaned.Add("again");
                        return Task.CompletedTask;
                    });
                    throw;
                }
            },
            0);
        await world.RestAsync();

        await handle.CancelAsync();
        var details = await world.EndOf(handle);

        Assert.Equal(["running", "again"], cleaned);
        Assert.Equal(ExecutionState.Cancelled, details.Row.State);
        Assert.Single(details.Kinds(), EntryKind.Cancellation);
    }

    [Fact]
    public async Task A_workflow_that_catches_the_cancellation_and_returns_has_completed()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                try
                {
                    await context.SleepAsync(TimeSpan.FromDays(1));
                }
                catch (OperationCanceledException)
                {
                    return "stopped early";
                }

                return "slept";
            },
            0);
        await world.RestAsync();

        await handle.CancelAsync();

        Assert.Equal("stopped early", await world.Until(handle.ResultAsync()));
    }

    [Fact]
    public async Task A_workflow_that_fails_to_clean_up_has_failed_and_is_not_tried_again()
    {
        await using var world = new World();
        var handle = await world.StartAsync<int, int>(
            async (context, _) =>
            {
                try
                {
                    await context.SleepAsync(TimeSpan.FromDays(1));
                    return 1;
                }
                catch (OperationCanceledException e)
                {
                    throw new InvalidOperationException("cannot clean up", e);
                }
            },
            0);
        await world.RestAsync();

        await handle.CancelAsync();
        var details = await world.EndOf(handle);

        Assert.Equal((ExecutionState.Failed, 1), (details.Row.State, details.Row.Attempt));
        Assert.Equal("cannot clean up", details.End().Message);
    }

    [Fact]
    public async Task Every_outstanding_call_ends_by_a_cancellation()
    {
        await using var world = new World();
        var seen = new List<string>();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                context.CancellationToken.Register(() => seen.Add("token"));
                await Task.WhenAll(
                    Watch("step", context.StepAsync("slow", token => Task.Delay(Timeout.Infinite, token))),
                    Watch("sleep", context.SleepAsync(TimeSpan.FromDays(1))),
                    Watch("other", context.SleepAsync(TimeSpan.FromDays(2))));
                return 0;

                async Task Watch(string name, Task task)
                {
                    try
                    {
                        await task;
                    }
                    catch (OperationCanceledException e) when (e.CancellationToken == context.CancellationToken)
                    {
                        seen.Add(name);
                    }
                }
            },
            0);
        await world.RestAsync();

        await handle.CancelAsync();
        await world.EndOf(handle);

        Assert.Equal(["token", "step", "sleep", "other"], seen);
    }

    [Fact]
    public async Task A_result_that_comes_after_the_cancellation_is_kept_for_audit_only()
    {
        await using var world = new World();
        var end = new TaskCompletionSource<int>();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                try
                {
                    return await context.StepAsync("stubborn", _ => end.Task);
                }
                catch (OperationCanceledException)
                {
                    await context.SleepAsync(TimeSpan.FromMinutes(1));
                    return -1;
                }
            },
            0);
        await world.RestAsync();
        await handle.CancelAsync();
        await world.RestAsync();

        end.SetResult(7);
        var result = await world.Until(handle.ResultAsync());
        var details = await world.EndOf(handle);

        Assert.Equal(-1, result);
        Assert.Empty(details.Steps());
        Assert.Contains(details.Tries, row => row is { Key: "stubborn", Phase: TryPhase.Abandoned });
    }

    [Fact]
    public async Task A_body_that_still_runs_when_its_cancelled_execution_ends_is_recorded()
    {
        await using var world = new World();
        var end = new TaskCompletionSource<int>();
        var handle = await world.StartAsync(
            (WorkflowContext context, int _) => context.StepAsync("stubborn", _ => end.Task), 0);
        await world.RestAsync();

        await handle.CancelAsync();
        var details = await world.EndOf(handle);
        end.SetResult(7);

        Assert.Equal(ExecutionState.Cancelled, details.Row.State);
        Assert.Equal(("stubborn", TryPhase.Abandoned), Assert.Single(
            details.Tries.Select(row => (row.Key, row.Phase))));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_body_hears_at_once_of_what_has_ended_its_step_though_the_code_goes_on(bool byTimeout)
    {
        await using var world = new World();
        var fired = new TaskCompletionSource();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                try
                {
                    await context.StepAsync("slow", async token =>
                    {
                        using var registration = token.Register(() => fired.TrySetResult());
                        await Task.Delay(Timeout.Infinite, token);
                    });
                }
                catch (OperationCanceledException)
                {
                    await context.SleepAsync(TimeSpan.FromHours(1));
                }

                return 7;
            },
            0,
            new() { Timeout = TimeSpan.FromMinutes(10) });
        await world.RestAsync();

        await (byTimeout ? world.AdvanceAsync(TimeSpan.FromMinutes(10.1)) : handle.CancelAsync());
        var details = await world.Now(handle);

        Assert.True(fired.Task.IsCompleted);
        Assert.Equal(
            [EntryKind.Input, byTimeout ? EntryKind.Timeout : EntryKind.Cancellation], details.Kinds());
    }

    [Fact]
    public async Task A_cancellation_that_was_heard_is_no_request_any_more()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                try
                {
                    await context.SleepAsync(TimeSpan.FromDays(1));
                }
                catch (OperationCanceledException)
                {
                    await context.SleepAsync(TimeSpan.FromMinutes(5));
                }

                return 7;
            },
            0);
        await world.RestAsync();

        await handle.CancelAsync();
        var details = await world.Now(handle);

        Assert.Equal([EntryKind.Input, EntryKind.Cancellation], details.Kinds());
        Assert.Equal((ExecutionState.Sleeping, ExecutionRequests.None), (details.Row.State, details.Row.Requests));
        Assert.Equal(TimeSpan.FromMinutes(5), details.Row.DueAt.Time());
    }

    [Fact]
    public async Task Cancelling_twice_is_heard_once()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                try
                {
                    await context.SleepAsync(TimeSpan.FromDays(1));
                }
                catch (OperationCanceledException)
                {
                    await context.SleepAsync(TimeSpan.FromMinutes(1));
                }

                return 7;
            },
            0);
        await world.RestAsync();
        await handle.CancelAsync();
        await world.RestAsync();

        var second = await handle.CancelAsync();
        var details = await world.EndOf(handle);

        Assert.Equal((CancelOutcome.Requested, ExecutionState.Completed), (second, details.Row.State));
        Assert.Single(details.Kinds(), EntryKind.Cancellation);
    }

    [Fact]
    public async Task Cancelling_what_has_ended_changes_nothing()
    {
        await using var world = new World();
        var handle = await world.StartAsync((WorkflowContext _, int _) => Task.FromResult(7), 0);
        await world.EndOf(handle);

        var outcome = await handle.CancelAsync();

        Assert.Equal(CancelOutcome.AlreadyEnded, outcome);
        Assert.Equal(7, await handle.ResultAsync());
    }

    [Fact]
    public async Task Cancelling_what_is_not_there_says_so()
    {
        await using var world = new World();
        var client = await world.OpenAsync(_ => { }, worker: null);
        var id = new ExecutionId(Guid.Parse("01234567-89ab-7cde-8f01-23456789abcd"));

        var thrown = await Assert.ThrowsAsync<ExecutionNotFoundException>(() => client.Execution(id).CancelAsync());

        Assert.Equal(id, thrown.Id);
        Assert.Contains($"{id} in namespace 'default'", thrown.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ExecutionNotFoundException>(() => client.Execution(id).StatusAsync());
        await Assert.ThrowsAsync<ExecutionNotFoundException>(() => client.Execution(id).DescribeAsync());
        await Assert.ThrowsAsync<ExecutionNotFoundException>(() => client.Execution(id).WaitAsync());
        await Assert.ThrowsAsync<ExecutionNotFoundException>(() => client.Execution<int>(id).ResultAsync());
    }

    [Fact]
    public async Task An_execution_of_another_process_hears_of_it_at_the_next_beat()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            (WorkflowContext context, int _) =>
                context.StepAsync("slow", token => Task.Delay(Timeout.Infinite, token)).ContinueWith(
                    task => task.IsCanceled ? 1 : 0, TaskScheduler.FromCurrentSynchronizationContext()),
            0);
        await world.RestAsync();
        var client = await world.OpenAsync(_ => { }, worker: null);

        var outcome = await client.Execution(handle.Id).CancelAsync();
        await world.PassAsync(TimeSpan.FromSeconds(3));
        var details = await world.Now(handle);

        Assert.Equal(CancelOutcome.Requested, outcome);
        Assert.Equal((ExecutionState.Completed, "1"), (details.Row.State, details.Journal[^1].Output.Text()));
    }

    [Fact]
    public async Task A_callback_on_the_token_that_throws_does_not_stop_the_cancellation()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                context.CancellationToken.Register(() => throw new FormatException("in a callback"));
                await context.SleepAsync(TimeSpan.FromDays(1));
                return 0;
            },
            0);
        await world.RestAsync();

        await handle.CancelAsync();

        Assert.Equal(ExecutionState.Cancelled, await world.Until(handle.WaitAsync()));
        Assert.Contains(world.Log.Lines, line =>
            line.Contains("A callback on the workflow's cancellation token failed", StringComparison.Ordinal)
            && line.Contains("System.FormatException", StringComparison.Ordinal)); // Whose message is not logged.
    }

    [Fact]
    public async Task A_cancellation_that_comes_while_its_execution_falls_asleep_is_heard_at_once()
    {
        await using var world = new World();
        var store = default(WatchedStore);
        var step = new TaskCompletionSource();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                await context.StepAsync("first", _ => step.Task);
                await context.SleepAsync(TimeSpan.FromDays(1));
                return 1;
            },
            0,
            configure: hydra => hydra.UseStore(setup => store = new WatchedStore(
                new InMemoryWorkflowStore(world.Database, setup.Namespace))));
        var outside = await world.OpenAsync(_ => { }, worker: null);
        await world.RestAsync();
        var held = new TaskCompletionSource();
        store!.Held = held.Task;
        step.SetResult(); // The worker settles that it sleeps, and has not heard yet that this does not hold.
        await world.RestAsync();

        await world.Until(outside.Execution(handle.Id).CancelAsync());
        held.SetResult();
        var details = await world.Now(handle);

        Assert.Equal(ExecutionState.Cancelled, details.Row.State);
        Assert.Equal(
            [EntryKind.Input, EntryKind.Step, EntryKind.Cancellation, EntryKind.Terminal], details.Kinds());
        Assert.InRange(world.Elapsed.TotalSeconds, 0, 0.9);
    }

    [Fact]
    public async Task Ordinary_cancellations_of_a_workflow_s_own_are_ordinary_failures()
    {
        await using var world = new World();
        var runs = 0;
        var handle = await world.StartAsync<int, int>(
            (_, _) =>
            {
                runs++;
                throw new OperationCanceledException("of another kind");
            },
            0);

        var details = await world.EndOf(handle);

        Assert.Equal((3, ExecutionState.Failed), (runs, details.Row.State));
    }

    private static async Task<int> Sleeper(WorkflowContext context, int _)
    {
        await context.SleepAsync(TimeSpan.FromDays(1));
        return 7;
    }
}
