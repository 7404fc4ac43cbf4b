using Hydra.Storage;
using Hydra.Tests.Support;

namespace Hydra.Tests.Ending;

/// <summary>What becomes of an execution whose body still runs when its worker is told to stop.</summary>
public sealed class HandoverTests
{
    private int _first;
    private int _second;

    [Fact]
    public async Task What_a_body_brings_within_the_grace_is_kept_and_the_next_worker_goes_on_behind_it()
    {
        await using var world = new World();
        var handle = await world.StartAsync((WorkflowContext context, int _) => WorkAsync(world, context), 0);
        await world.RestAsync();

        await world.CloseAsync();
        var outside = await world.OpenAsync(_ => { }, worker: null);
        var between = await world.Now(outside.Execution(handle.Id));
        var client = await world.OpenAsync((WorkflowContext context, int _) => WorkAsync(world, context));
        var details = await world.EndOf(client.Execution(handle.Id));

        Assert.Equal((ExecutionState.Pending, SessionId.None), (between.Row.State, between.Row.Owner));
        Assert.Equal([EntryKind.Input, EntryKind.Step], between.Kinds());
        Assert.Equal((1, 1), (_first, _second));
        Assert.Equal([1L, 2L], details.Steps().Select(step => step.Epoch));
        Assert.Equal((ExecutionState.Completed, 0), (details.Row.State, details.Row.Crashes));
    }

    private async Task<int> WorkAsync(World world, WorkflowContext context)
    {
        await context.StepAsync("first", async _ =>
        {
            _first++;
            await Task.Delay(TimeSpan.FromSeconds(2), world.Clock, CancellationToken.None);
        });
        await context.StepAsync("second", _ =>
        {
            _second++;
            return Task.CompletedTask;
        });
        return 7;
    }
}
