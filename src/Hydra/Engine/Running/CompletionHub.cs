
namespace Hydra.Engine.Running;

/// <summary>
/// Tells those in this process who wait for an execution that it has ended, or has left this process.
/// </summary>
/// <remarks>A waiter registers before it reads the row, so that an end between the two is not missed.</remarks>
internal sealed class CompletionHub
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ExecutionId, List<TaskCompletionSource<EndedExecution?>>> _waiters = [];

    public TaskCompletionSource<EndedExecution?> Register(ExecutionId id)
    {
        var waiter = new TaskCompletionSource<EndedExecution?>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (!_waiters.TryGetValue(id, out var waiters))
            {
                _waiters.Add(id, waiters = new(1));
            }

            waiters.Add(waiter);
        }

        return waiter;
    }

    public void Unregister(ExecutionId id, TaskCompletionSource<EndedExecution?> waiter)
    {
        lock (_lock)
        {
            if (_waiters.TryGetValue(id, out var waiters) && waiters.Remove(waiter) && waiters.Count == 0)
            {
                _waiters.Remove(id);
            }
        }
    }

    /// <summary>Wakes everybody, to look for themselves.</summary>
    public void SignalAll()
    {
        ExecutionId[] ids;
        lock (_lock)
        {
            ids = [.. _waiters.Keys];
        }

        foreach (var id in ids)
        {
            Signal(id, null);
        }
    }

    /// <summary>Wakes those who wait; null tells them to look for themselves.</summary>
    public void Signal(ExecutionId id, EndedExecution? ended)
    {
        List<TaskCompletionSource<EndedExecution?>>? waiters;
        lock (_lock)
        {
            _waiters.Remove(id, out waiters);
        }

        foreach (var waiter in waiters ?? [])
        {
            waiter.TrySetResult(ended);
        }
    }
}
