namespace Hydra.Relational.Waking;

/// <summary>
/// Tells whoever waits that other processes may have made something due; what nobody waited for is told to the next.
/// </summary>
internal sealed class ChangeSignal
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _waiters;

    /// <summary>Whether anybody waits, so that looking for changes is worth while.</summary>
    public bool Awaited => Volatile.Read(ref _waiters) > 0;

    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource awaited;
        lock (_gate)
        {
            awaited = _next;
            _waiters++;
        }

        try
        {
            await awaited.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            lock (_gate)
            {
                _waiters--;
                if (awaited.Task.IsCompleted && awaited == _next)
                {
                    _next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                }
            }
        }
    }

    public void Raise()
    {
        lock (_gate)
        {
            _next.TrySetResult();
        }
    }
}
