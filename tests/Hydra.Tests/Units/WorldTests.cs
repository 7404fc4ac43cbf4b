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

    /// <summary>However slow the pool is on which it goes on, and however often it has to.</summary>
    [Fact]
    public async Task The_clock_stands_still_while_a_test_goes_on_with_what_it_has_put_around_a_call()
    {
        await using var world = new World();
        var client = await world.OpenAsync(static (WorkflowContext _, int input) => Task.FromResult(input));
        await world.RestAsync();
        var began = world.Elapsed;

        var found = await world.Until(ListAsync());

        Assert.Empty(found);
        Assert.Equal(began, world.Elapsed);

        async Task<IReadOnlyList<Hydra.Storage.ExecutionRow>> ListAsync()
        {
            for (var i = 0; i < 100; i++)
            {
                await Task.Yield();
            }

            return await client.ListAsync(cancellationToken: TestContext.Current.CancellationToken);
        }
    }
}
