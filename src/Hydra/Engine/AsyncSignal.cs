namespace Hydra.Engine;

/// <summary>
/// Wakes one waiting loop. Level-triggered: a signal that nobody waits for is kept, many are one, none is lost.
/// </summary>
internal sealed class AsyncSignal(TimeProvider time)
{
    private readonly Lock _lock = new();
    private TaskCompletionSource? _waiter;
    private bool _set;

    public void Set()
    {
        TaskCompletionSource? waiter;
        lock (_lock)
        {
            waiter = _waiter;
            _waiter = null;
            _set = waiter is null;
        }

        waiter?.TrySetResult();
    }

    public Task WaitAsync()
    {
        lock (_lock)
        {
            if (_set)
            {
                _set = false;
                return Task.CompletedTask;
            }

            _waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _waiter.Task;
        }
    }

    /// <summary>Waits for a signal or for a time, whichever is first.</summary>
    public async Task WaitAsync(TimeSpan timeout)
    {
        var wait = WaitAsync();
        if (wait.IsCompleted)
        {
            return;
        }

        using var timer = time.CreateTimer(
            static state => ((AsyncSignal)state!).Set(), this, timeout, Timeout.InfiniteTimeSpan);
        await wait;
    }
}
