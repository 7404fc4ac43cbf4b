namespace Hydra.Tests.Support;

/// <summary>Counts what a test and its engines have queued or are running, and tells when it is at rest.</summary>
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

    /// <summary>Counts, from here on, what the test's own code that runs here awaits and goes on with.</summary>
    /// <remarks>
    /// It is the context of the thread until the method that called has first awaited something; what goes on then
    /// finds it again.
    /// </remarks>
    public void Watch()
    {
        if (SynchronizationContext.Current is not Continuations { Pulse: var pulse } || pulse != this)
        {
            SynchronizationContext.SetSynchronizationContext(
                new Continuations(this, SynchronizationContext.Current));
        }
    }

    /// <summary>Runs what follows an await where it would have run, counted from the moment at which it may.</summary>
    private sealed class Continuations(Pulse pulse, SynchronizationContext? where) : SynchronizationContext
    {
        public Pulse Pulse => pulse;

        public override SynchronizationContext CreateCopy() => this;

        public override void Post(SendOrPostCallback d, object? state)
        {
            pulse.Begin();
            if (where is null)
            {
                ThreadPool.UnsafeQueueUserWorkItem(
                    static post => post.In.Run(post.Callback, post.State),
                    (In: this, Callback: d, State: state),
                    preferLocal: false);
            }
            else
            {
                where.Post(_ => Run(d, state), null);
            }
        }

        private void Run(SendOrPostCallback callback, object? state)
        {
            var before = Current;
            SetSynchronizationContext(this);
            try
            {
                callback(state);
            }
            finally
            {
                SetSynchronizationContext(before);
                pulse.End();
            }
        }
    }
}
