using Hydra.Engine;

namespace Hydra.Tests.Units;

/// <summary>Work that waits behind code that blocks the threads it is given.</summary>
public sealed class LaneTests : IDisposable
{
    private const int Room = 2;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Lane _lane = new("test", Room, growth: 1, mostOwn: 1);
    private readonly ManualResetEventSlim _release = new();
    private readonly CountdownEvent _blocked = new(Room);

    public void Dispose()
    {
        _release.Dispose();
        _blocked.Dispose();
    }

    [Fact]
    public async Task What_finds_no_room_on_the_pool_gets_a_thread_of_its_own()
    {
        Block();
        var ran = Post();

        _lane.Look(); // Sees that two items have been taken.
        Assert.False(ran.IsCompleted);
        _lane.Look(); // Sees that nothing has moved since.

        Assert.True(await ran.WaitAsync(Patience, TestContext.Current.CancellationToken));
        _release.Set();
    }

    [Fact]
    public async Task What_finds_no_room_on_the_pool_runs_there_once_there_is_some()
    {
        Block();
        var ran = Post();

        _release.Set();

        Assert.False(await ran.WaitAsync(Patience, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task No_more_threads_are_made_than_there_may_be()
    {
        Block();
        var first = new TaskCompletionSource();
        _lane.Post(new Item(() =>
        {
            first.SetResult();
            _release.Wait();
        }));
        _lane.Look();
        _lane.Look();
        await first.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);

        var ran = Post();
        for (var look = 0; look < 5; look++)
        {
            _lane.Look();
        }

        Assert.False(ran.IsCompleted);
        _release.Set();
        await ran.WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    /// <summary>Fills the room that the lane has on the pool.</summary>
    private void Block()
    {
        for (var i = 0; i < Room; i++)
        {
            _lane.Post(new Item(() =>
            {
                _blocked.Signal();
                _release.Wait();
            }));
        }

        Assert.True(_blocked.Wait(Patience));
    }

    /// <returns>Whether the item ran on a thread that the lane made.</returns>
    private Task<bool> Post()
    {
        var ran = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        _lane.Post(new Item(() => ran.SetResult(Lane.IsOwnThread)));
        return ran.Task;
    }

    private sealed class Item(Action run) : IThreadPoolWorkItem
    {
        public void Execute() => run();
    }
}
