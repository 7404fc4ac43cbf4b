using Hydra.Storage;
using Hydra.Tests.Support;

namespace Hydra.Tests.Starts;

/// <summary>A key that a stranger's open transaction holds, so that whoever wants it has to wait.</summary>
public sealed class HeldKeyTests
{
    private bool _held = true;

    [Fact]
    public async Task Who_wants_a_held_key_waits_and_delays_nobody_else()
    {
        await using var world = new World();
        var client = await OpenAsync(world);
        var waiting = StartAsync(client, "held");
        var others = Enumerable.Range(0, 20).Select(number => StartAsync(client, $"free-{number}")).ToList();

        await world.Until(Task.WhenAll(others));
        var follower = StartAsync(client, "held");
        await world.Until(StartAsync(client, "late"));
        await world.Until(StartAsync(client, key: null));

        Assert.True(world.Elapsed < TimeSpan.FromSeconds(2), $"{world.Elapsed}");
        Assert.False(waiting.IsCompleted || follower.IsCompleted);
        _held = false;
        Assert.Equal((await world.Until(waiting)).Id, (await world.Until(follower)).Id);
        Assert.Equal(1, await world.Until((await waiting).ResultAsync()));
    }

    [Fact]
    public async Task Who_waits_for_a_held_key_hears_of_it_when_the_patience_is_over()
    {
        await using var world = new World();
        var client = await OpenAsync(world);
        var waiting = StartAsync(client, "held");
        await world.PassAsync(TimeSpan.FromMinutes(1));

        var error = await Assert.ThrowsAsync<StoreException>(() => world.Until(waiting));

        Assert.Equal((StoreErrorKind.RolledBack, true), (error.Kind, error.Blocked));
    }

    private Task<IHydraClient> OpenAsync(World world) => world.OpenAsync(
        (WorkflowContext _, int number) => Task.FromResult(number),
        configure: hydra => hydra.UseStore(setup =>
            new WatchedStore(new InMemoryWorkflowStore(world.Database, setup.Namespace))
            {
                Capabilities = new StoreCapabilities { Name = "watched", KeyedStartsMayWait = true },
                Blocks = operation => _held && operation is StartOperation { Key: "held" },
            }));

    private static Task<ExecutionHandle<int>> StartAsync(IHydraClient client, string? key) =>
        client.Workflow<int, int>("test").StartAsync(
            1, new() { Key = key }, TestContext.Current.CancellationToken);
}
