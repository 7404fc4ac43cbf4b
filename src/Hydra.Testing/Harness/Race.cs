namespace Hydra.Testing;

/// <summary>
/// Plays two calls that meet in a given way. Each is given a gate, which it passes where the store calls back.
/// </summary>
internal static class Race
{
    private const int Looks = 100; // How often a call must be seen waiting to be taken for one that waits.

    public static async Task PlayAsync(Meeting meeting, Func<Gate, Task> one, Func<Gate, Task> other)
    {
        using var open = new Gate(halts: false);
        switch (meeting)
        {
            case Meeting.OneFirst:
                await one(open);
                await other(open);
                break;
            case Meeting.OtherFirst:
                await other(open);
                await one(open);
                break;
            case Meeting.OneHalts:
                await HaltAsync(one, other, open);
                break;
            case Meeting.OtherHalts:
                await HaltAsync(other, one, open);
                break;
            default:
                await Threads.RunAsync(() => one(open), () => other(open));
                break;
        }
    }

    /// <summary>What the first call of the two to happen was, where that is known.</summary>
    public static void AssertOrder(Meeting meeting, bool oneWasFirst)
    {
        if (meeting is Meeting.OneFirst or Meeting.OtherFirst)
        {
            Assert.Equal(meeting == Meeting.OneFirst, oneWasFirst);
        }
    }

    private static async Task HaltAsync(Func<Gate, Task> halting, Func<Gate, Task> running, Gate open)
    {
        using var gate = new Gate(halts: true);
        var (first, _) = Begin(() => halting(gate));
        gate.AwaitReached(first);
        var (second, thread) = Begin(() => running(open));
        for (var waiting = 0; waiting < Looks && !second.IsCompleted;)
        {
            waiting += thread.ThreadState.HasFlag(ThreadState.WaitSleepJoin) ? 1 : 0;
            Thread.Yield();
        }

        gate.Open();
        await Task.WhenAll(first, second);
    }

    private static (Task Task, Thread Thread) Begin(Func<Task> call)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                call().GetAwaiter().GetResult();
                ended.SetResult();
            }
            catch (Exception exception)
            {
                ended.SetException(exception);
            }
        })
        {
            IsBackground = true,
            Name = "race",
        };
        thread.Start();
        return (ended.Task, thread);
    }
}
