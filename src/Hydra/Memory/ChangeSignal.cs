namespace Hydra.Memory;

/// <summary>Tells one store that others have made something due: a level, not a count, so none is missed.</summary>
/// <remarks>Guarded by the database's lock. Continuations never run under it.</remarks>
internal sealed class ChangeSignal(Lock gate)
{
    private readonly List<TaskCompletionSource> _waiting = [];
    private bool _raised;

    /// <summary>Waits until it is raised, and lowers it; at once when it was raised since the last wait.</summary>
    public Task WaitAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource waiting;
        lock (gate)
        {
            if (_raised)
            {
                _raised = false;
                return Task.CompletedTask;
            }

            waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add(waiting);
        }

        return cancellationToken.CanBeCanceled ? WaitAsync(waiting, cancellationToken) : waiting.Task;
    }

    /// <summary>Ends all waits, or the next one when there is none. The caller holds the lock.</summary>
    public void Raise()
    {
        _raised = _waiting.Count == 0;
        foreach (var waiting in _waiting)
        {
            waiting.SetResult();
        }

        _waiting.Clear();
    }

    private async Task WaitAsync(TaskCompletionSource waiting, CancellationToken cancellationToken)
    {
        using var registration = cancellationToken.UnsafeRegister(
            static (state, token) =>
            {
                var (signal, waiting) = ((ChangeSignal, TaskCompletionSource))state!;
                signal.GiveUp(waiting, token);
            },
            (this, waiting));
        await waiting.Task;
    }

    private void GiveUp(TaskCompletionSource waiting, CancellationToken token)
    {
        lock (gate)
        {
            if (_waiting.Remove(waiting))
            {
                waiting.SetCanceled(token);
            }
        }
    }
}
