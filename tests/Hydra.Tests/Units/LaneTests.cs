using Hydra.Engine;

namespace Hydra.Tests.Units;

/// <summary>Work that waits behind code that blocks the threads it is given.</summary>
public sealed class LaneTests
{
    private const int Room = 2;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Lane _lane = new("test", Room, growth: 1, mostOwn: 1);
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _full = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _blocked;

    [Fact]
    public async Task What_finds_no_room_on_the_pool_gets_a_thread_of_its_own()
    {
        await BlockAsync();
        var ran = Post();

        _lane.Look(); // Sees that two items have been taken.
        Assert.False(ran.IsCompleted);
        _lane.Look(); // Sees that nothing has moved since.

        Assert.True(await ran.WaitAsync(Patience, TestContext.Current.CancellationToken));
        _release.SetResult();
    }

    [Fact]
    public async Task What_finds_no_room_on_the_pool_runs_there_once_there_is_some()
    {
        await BlockAsync();
        var ran = Post();

        _release.SetResult();

        Assert.False(await ran.WaitAsync(Patience, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task No_more_threads_are_made_than_there_may_be()
    {
        await BlockAsync();
        var first = new TaskCompletionSource();
        _lane.Post(new Item(() =>
        {
            first.SetResult();
            _release.Task.GetAwaiter().GetResult();
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
        _release.SetResult();
        await ran.WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    /// <summary>Fills the room that the lane has on the pool.</summary>
    private Task BlockAsync()
    {
        for (var i = 0; i < Room; i++)
        {
            _lane.Post(new Item(() =>
            {
                if (Interlocked.Increment(ref _blocked) == Room)
                {
                    _full.SetResult();
                }

                _release.Task.GetAwaiter().GetResult();
            }));
        }

        return _full.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
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
