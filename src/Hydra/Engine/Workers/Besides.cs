using System.Collections.Concurrent;

namespace Hydra.Engine.Workers;

/// <summary>What loops have begun and do not wait for. Safe from many threads.</summary>
internal sealed class Besides
{
    private readonly ConcurrentDictionary<Task, bool> _tasks = new();

    /// <summary>Keeps a task, which lets no exception out, until it has ended.</summary>
    public void Add(Task task)
    {
        if (!task.IsCompleted)
        {
            _tasks[task] = true;
            _ = task.ContinueWith(
                ended => _tasks.TryRemove(ended, out _),
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
        }
    }

    /// <summary>Waits for all that goes on now.</summary>
    public Task EndAsync() => Task.WhenAll(_tasks.Keys);
}
