namespace Hydra.Engine;

/// <summary>Lets so many in at a time, the others in the order in which they came. Safe from many threads.</summary>
/// <param name="room">How many.</param>
internal sealed class AsyncGate(int room)
{
    private readonly Lock _lock = new();
    private readonly Queue<TaskCompletionSource> _waiting = new();
    private int _room = room;

    /// <summary>Waits until there is room; whoever was let in leaves once.</summary>
    public Task EnterAsync()
    {
        lock (_lock)
        {
            if (_room > 0)
            {
                _room--;
                return Task.CompletedTask;
            }

            var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue(turn);
            return turn.Task;
        }
    }

    public void Leave()
    {
        TaskCompletionSource? next;
        lock (_lock)
        {
            if (!_waiting.TryDequeue(out next))
            {
                _room++;
            }
        }

        next?.SetResult();
    }
}
