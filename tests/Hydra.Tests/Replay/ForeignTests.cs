using Hydra.Storage;
using Hydra.Tests.Support;

namespace Hydra.Tests.Replay;

/// <summary>Awaits of something else than durable calls that do not come as they did when they were recorded.</summary>
public class ForeignTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_completes_at_once_on_replay_blocks_instead_of_waiting_for_ever(bool cancel)
    {
        await using var world = new World();
        var cached = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        Func<WorkflowContext, int, Task<int>> run = async (context, _) =>
        {
            var one = await context.StepAsync("one", _ => Task.FromResult(1));
            var value = await cached.Task; // Something that is loaded once and then cached.
            await context.SleepAsync(TimeSpan.FromMinutes(1));
            return one + value;
        };
        var handle = await world.StartAsync(run, 0, new StartOptions { Timeout = TimeSpan.FromMinutes(10) });
        await world.PassAsync(TimeSpan.FromSeconds(2));
        cached.SetResult(1);
        await world.PassAsync(TimeSpan.FromSeconds(2));
        var before = await world.Now(handle);
        await world.PassAsync(TimeSpan.FromMinutes(2));
        if (cancel)
        {
            await world.Until(handle.CancelAsync(TestContext.Current.CancellationToken));
        }

        var waiting = await world.Now(handle);
        await world.PassAsync(TimeSpan.FromMinutes(5));
        var blocked = await world.Now(handle);
        await world.PassAsync(TimeSpan.FromMinutes(3));
        var end = await world.Now(handle);

        Assert.Equal(
            [ExecutionState.Sleeping, ExecutionState.Running, ExecutionState.Blocked, ExecutionState.TimedOut],
            new[] { before, waiting, blocked, end }.Select(details => details.Row.State));
        Assert.Equal(cancel ? ExecutionRequests.Cancel : ExecutionRequests.None, blocked.Row.Requests);
        var difference = Assert.Single(blocked.Refusals).Difference.Failure().Message;
        Assert.Contains("a continuation from outside at seq 2", difference, StringComparison.Ordinal);
        Assert.Contains("did not wait for one", difference, StringComparison.Ordinal);
        Assert.EndsWith("do such work in a step.", difference, StringComparison.Ordinal);
        Assert.Contains(world.Log.Lines, line => line.Contains("does not match build", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Two_at_once_are_reported()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                await Task.WhenAll(Branch("one", 1), Branch("two", 2), Branch("three", 3));
                return 1;

                async Task Branch(string name, int seconds)
                {
                    await Task.Delay(TimeSpan.FromSeconds(seconds), world.Clock);
                    await context.StepAsync(name, _ => Task.CompletedTask);
                }
            },
            0);

        await world.EndOf(handle);

        Assert.Single(world.Log.Lines, line => line.Contains("Two awaits of something", StringComparison.Ordinal));
    }

    [Fact]
    public async Task One_after_the_other_is_in_order_and_so_is_one_beside_durable_calls()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                for (var i = 0; i < 3; i++)
                {
                    var step = context.StepAsync("work", token => Task.Delay(
                        TimeSpan.FromSeconds(1), world.Clock, token));
                    await Task.WhenAll(
                        Task.Delay(TimeSpan.FromSeconds(2), world.Clock),
                        Task.Delay(TimeSpan.FromSeconds(3), world.Clock));
                    await step;
                    await Task.Yield();
                }

                return 1;
            },
            0);

        var details = await world.EndOf(handle);

        Assert.Equal(3, details.Kinds().Count(kind => kind == EntryKind.Foreign));
        Assert.DoesNotContain("Error", world.Log.ToString(), StringComparison.Ordinal);
    }
}
