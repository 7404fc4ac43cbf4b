using Hydra.Storage;
using Hydra.Tests.Support;

namespace Hydra.Tests.Ending;

/// <summary>Bodies that were about to begin when nobody waited for them any more: they do not begin.</summary>
public class UnbegunBodyTests
{
    private int _runs;

    [Fact]
    public async Task A_body_whose_call_was_withdrawn_before_it_began_does_not_begin()
    {
        await using var world = new World();
        var details = await RunAsync(world, async context =>
        {
            using var lose = new CancellationTokenSource();
            var lost = Lost(context, lose.Token);
            await context.SleepAsync(TimeSpan.FromSeconds(1));
            lose.Cancel();
            await Assert.ThrowsAsync<TaskCanceledException>(() => lost);
            return 7;
        });

        Assert.Equal((ExecutionState.Completed, 0), (details.Row.State, _runs));
        Assert.Empty(details.Tries);
    }

    [Fact]
    public async Task A_body_that_had_not_begun_when_its_workflow_ended_does_not_begin()
    {
        await using var world = new World();
        var details = await RunAsync(world, async context =>
        {
            _ = Lost(context);
            await context.SleepAsync(TimeSpan.FromSeconds(1));
            return 7;
        });

        Assert.Equal((ExecutionState.Completed, 0), (details.Row.State, _runs));
        Assert.Empty(details.Tries);
    }

    [Fact]
    public async Task A_body_that_had_not_begun_when_its_execution_was_cancelled_does_not_begin()
    {
        await using var world = new World();
        world.Bodies.Close();
        var handle = await world.StartAsync((WorkflowContext context, int _) => Lost(context), 0);
        await world.RestAsync();

        await handle.CancelAsync();
        var details = await world.EndOf(handle);
        world.Bodies.Open();
        await world.RestAsync();

        Assert.Equal((ExecutionState.Cancelled, 0), (details.Row.State, _runs));
    }

    [Fact]
    public async Task A_body_that_had_not_begun_when_its_worker_stopped_begins_at_the_next_one()
    {
        await using var world = new World();
        world.Bodies.Close();
        var handle = await world.StartAsync((WorkflowContext context, int _) => Lost(context), 0);
        await world.RestAsync();

        await world.CloseAsync();
        world.Bodies.Open();
        await world.RestAsync();
        var before = _runs;
        var client = await world.OpenAsync((WorkflowContext context, int _) => Lost(context));
        var details = await world.EndOf(client.Execution(handle.Id));

        Assert.Equal((0, 1), (before, _runs));
        Assert.Equal((ExecutionState.Completed, 0), (details.Row.State, details.Row.Crashes));
    }

    /// <summary>Whoever sleeps past its lease may no longer own what it was about to begin.</summary>
    [Fact]
    public async Task A_body_that_had_not_begun_when_the_lease_ended_begins_once_a_beat_is_good()
    {
        await using var world = new World();
        WatchedStore? store = null;
        world.Bodies.Close();
        var handle = await world.StartAsync(
            (WorkflowContext context, int _) => Lost(context),
            0,
            configure: hydra => hydra.UseStore(setup =>
                store = new WatchedStore(new InMemoryWorkflowStore(world.Database, setup.Namespace))));
        await world.RestAsync();
        store!.Before = static (name, _) =>
        {
            if (name == nameof(IWorkflowStore.HeartbeatAsync))
            {
                throw new StoreException(StoreErrorKind.Unavailable, "Away.");
            }
        };
        await world.PassAsync(TimeSpan.FromSeconds(20));

        world.Bodies.Open();
        await world.RestAsync();
        var before = _runs;
        store.Before = static (_, _) => { };
        var details = await world.EndOf(handle);

        Assert.Equal((0, 1), (before, _runs));
        Assert.Equal((ExecutionState.Completed, 0), (details.Row.State, details.Row.Crashes));
    }

    private static async Task<ExecutionDetails> RunAsync(World world, Func<WorkflowContext, Task<int>> run)
    {
        world.Bodies.Close();
        var handle = await world.StartAsync((WorkflowContext context, int _) => run(context), 0);
        await world.RestAsync();
        Assert.Equal(1, world.Bodies.Waiting);

        var details = await world.EndOf(handle);
        world.Bodies.Open();
        await world.RestAsync();

        return details;
    }

    private Task<int> Lost(WorkflowContext context, CancellationToken withdraw = default) => context.StepAsync(
        "lost", _ => Task.FromResult(Interlocked.Increment(ref _runs)), cancellationToken: withdraw);
}
