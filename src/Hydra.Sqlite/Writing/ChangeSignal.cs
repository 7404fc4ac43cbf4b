namespace Hydra.Sqlite.Writing;

/// <summary>Who waits for the commits of other processes, so that nobody looks for them in vain.</summary>
internal sealed class ChangeSignal
{
    private readonly Lock _gate = new();
    private TaskCompletionSource? _next;
    private int _waiters;

    public bool Awaited => Volatile.Read(ref _waiters) > 0;

    public Waiter Enter()
    {
        lock (_gate)
        {
            _waiters++;
            _next ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return new Waiter(this, _next.Task);
        }
    }

    public void Raise()
    {
        TaskCompletionSource? raised;
        lock (_gate)
        {
            (raised, _next) = (_next, null);
        }

        raised?.TrySetResult();
    }

    private void Leave() => Interlocked.Decrement(ref _waiters);

    internal readonly struct Waiter(ChangeSignal signal, Task task) : IDisposable
    {
        public Task Task => task;

        public void Dispose() => signal.Leave();
    }
}
