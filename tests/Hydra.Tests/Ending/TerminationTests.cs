using Hydra.Storage;
using Hydra.Tests.Support;

namespace Hydra.Tests.Ending;

/// <summary>Terminating ends an execution whatever it does, and its code hears nothing of it.</summary>
public class TerminationTests
{
    [Fact]
    public async Task What_runs_a_body_ends_at_once_and_the_failure_says_why()
    {
        await using var world = new World();
        var (fired, cleaned) = (new TaskCompletionSource(), false);
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                try
                {
                    return await context.StepAsync("stubborn", async token =>
                    {
                        using var registration = token.Register(() => fired.TrySetResult());
                        await fired.Task;
                        return 1;
                    });
                }
                finally
                {
                    cleaned = true;
                }
            },
            0);
        await world.RestAsync();

        var outcome = await handle.TerminateAsync("it charges twice");
        var details = await world.EndOf(handle);
        var thrown = await Assert.ThrowsAsync<WorkflowFailedException>(() => handle.ResultAsync());

        Assert.Equal(TerminateOutcome.Terminated, outcome);
        Assert.Equal(TimeSpan.Zero, details.Row.FinishedAt!.Value.Time());
        Assert.Equal((ExecutionState.Cancelled, 2L), (details.Row.State, details.Row.Epoch));
        Assert.Equal([EntryKind.Input, EntryKind.Terminal], details.Kinds());
        Assert.Equal("Hydra.Terminated", thrown.Failure!.Type);
        Assert.EndsWith(": it charges twice", thrown.Failure.Message, StringComparison.Ordinal);
        Assert.Contains($"by {Environment.UserName} on ", thrown.Failure.Message, StringComparison.Ordinal);
        await world.Until(fired.Task); // The body's token fires all the same.
        await world.RestAsync();
        Assert.False(cleaned);
    }

    [Fact]
    public async Task A_worker_in_another_process_lets_go_within_two_beats()
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
            0,
            configure: hydra => hydra.AddWorkflow("quick", (WorkflowContext _, int number) => Task.FromResult(number)));
        var outside = await world.OpenAsync(_ => { }, worker: null);
        await world.RestAsync();

        await outside.Execution(handle.Id).TerminateAsync("enough");
        await world.PassAsync(TimeSpan.FromSeconds(10));

        Assert.True(fired.Task.IsCompleted);
        Assert.Equal(ExecutionState.Cancelled, await world.Until(handle.WaitAsync()));
    }

    [Fact]
    public async Task What_its_worker_comes_up_with_afterwards_is_nobody_s_result()
    {
        await using var world = new World();
        var end = new TaskCompletionSource<int>();
        var handle = await world.StartAsync(
            (WorkflowContext context, int _) => context.StepAsync("work", _ => end.Task), 0);
        var outside = await world.OpenAsync(_ => { }, worker: null);
        await world.RestAsync();
        var waiting = handle.ResultAsync(); // In the process of the worker, which tells those who wait there.

        await outside.Execution(handle.Id).TerminateAsync("enough");
        end.SetResult(7);
        var thrown = await Assert.ThrowsAsync<WorkflowFailedException>(() => world.Until(waiting));

        Assert.Equal("Hydra.Terminated", thrown.Failure!.Type);
        Assert.Contains(world.Log.Lines, line =>
            line.Contains($"{handle.Id} of test was taken over by another worker", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_sleeps_or_is_unknown_to_every_worker_ends()
    {
        await using var world = new World();
        var client = await world.OpenAsync(async (WorkflowContext context, int _) =>
        {
            await context.SleepAsync(TimeSpan.FromDays(30));
            return 1;
        });
        ExecutionHandle[] handles =
        [
            await client.Workflow<int, int>("test").StartAsync(0),
            await client.Workflow<int, int>("nobody's").StartAsync(0),
        ];
        await world.RestAsync();

        foreach (var handle in handles)
        {
            Assert.Equal(TerminateOutcome.Terminated, await handle.TerminateAsync("enough"));
            Assert.Equal(ExecutionState.Cancelled, await world.Until(handle.WaitAsync()));
        }
    }

    [Fact]
    public async Task What_has_ended_stays_as_it_is()
    {
        await using var world = new World();
        var handle = await world.StartAsync((WorkflowContext _, int number) => Task.FromResult(number), 7);
        await world.EndOf(handle);

        Assert.Equal(TerminateOutcome.AlreadyEnded, await handle.TerminateAsync("too late"));
        Assert.Equal(7, await handle.ResultAsync());
    }

    [Fact]
    public async Task It_needs_an_execution_and_a_reason()
    {
        await using var world = new World();
        var client = await world.OpenAsync(_ => { }, worker: null);
        var nobody = client.Execution(ExecutionId.Create(0, 1, 2));

        await Assert.ThrowsAsync<ExecutionNotFoundException>(() => nobody.TerminateAsync("enough"));
        await Assert.ThrowsAsync<ExecutionNotFoundException>(() => nobody.RetryAsync());
        await Assert.ThrowsAsync<ArgumentException>(() => nobody.TerminateAsync(" "));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => nobody.TerminateAsync(new string('x', 2_001)));
    }
}
