using Hydra.Tests.Support;

namespace Hydra.Tests.Units;

/// <summary>What the other tests rely on: that the world comes to rest, whoever dies.</summary>
public sealed class WorldTests
{
    /// <summary>A database goes on with what it was asked, though whoever asked is gone.</summary>
    [Fact]
    public async Task What_a_dead_engine_has_asked_of_a_store_is_answered()
    {
        await using var world = new World();
        var (held, called) = (new TaskCompletionSource(), new TaskCompletionSource());
        WatchedStore? store = null;
        await world.OpenAsync(
            static (WorkflowContext _, int input) => Task.FromResult(input),
            configure: hydra => hydra.UseStore(setup =>
            {
                store = new WatchedStore(new InMemoryWorkflowStore(world.Database, setup.Namespace));
                return world.Counted(store);
            }));
        await world.RestAsync();
        (store!.Held, store.Before) = (held.Task, (_, _) => called.TrySetResult());

        world.Clock.Advance(TimeSpan.FromMinutes(1)); // It beats and looks for work.
        await called.Task.WaitAsync(TestContext.Current.CancellationToken);
        var resting = world.CrashAsync();
        held.SetResult();

        await resting;
    }
}
