namespace Hydra.Tests.Support;

/// <summary>Counts what the engines of a test have queued or are running, and tells when it has come to rest.</summary>
internal sealed class Pulse
{
    private readonly Lock _lock = new();
    private int _busy;
    private TaskCompletionSource? _rest;

    public void Begin() => Interlocked.Increment(ref _busy);

    public void End()
    {
        if (Interlocked.Decrement(ref _busy) == 0)
        {
            lock (_lock)
            {
                _rest?.TrySetResult();
                _rest = null;
            }
        }
    }

    /// <summary>Counts work until it is done.</summary>
    /// <remarks>
    /// It goes on with threads of its own, as a database does: on those of an engine that is dead it would never end.
    /// </remarks>
    public Task<T> Count<T>(Func<Task<T>> work)
    {
        Begin();
        var begun = new Task<Task<T>>(work);
        begun.RunSynchronously(TaskScheduler.Default);
        var done = begun.Unwrap();
        EndWith(done);
        return done;
    }

    /// <summary>Ends what has begun when a task is done.</summary>
    public void EndWith(Task task) => _ = task.ContinueWith(
        _ => End(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);

    /// <summary>Ends at a moment at which nothing is queued and nothing runs.</summary>
    public Task RestAsync()
    {
        lock (_lock)
        {
            if (Volatile.Read(ref _busy) == 0)
            {
                return Task.CompletedTask;
            }

            _rest ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _rest.Task;
        }
    }
}
