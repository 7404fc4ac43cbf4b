namespace Hydra.Relational.Waking;

/// <summary>
/// Tells whoever waits that other processes may have made something due; what nobody waited for is told to the next.
/// </summary>
internal sealed class ChangeSignal
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource awaited;
        lock (_gate)
        {
            awaited = _next;
        }

        await awaited.Task.WaitAsync(cancellationToken);
        lock (_gate)
        {
            if (awaited == _next)
            {
                _next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
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
