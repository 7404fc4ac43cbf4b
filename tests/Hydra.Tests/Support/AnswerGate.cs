namespace Hydra.Tests.Support;

/// <summary>Holds answers until a call has returned its task: none is there before somebody awaits it.</summary>
internal sealed class AnswerGate
{
    private volatile TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public AnswerGate() => _open.SetResult();

    /// <summary>Ends, on another thread, when answers may come.</summary>
    public async Task PassAsync() => await _open.Task.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);

    /// <summary>Makes a call and blocks the thread until it has ended.</summary>
    public T Block<T>(Func<Task<T>> call)
    {
        var task = BeginHeld(call);
        return task.GetAwaiter().GetResult();
    }

    /// <inheritdoc cref="Block{T}"/>
    public void Block(Func<Task> call) => BeginHeld(call).GetAwaiter().GetResult();

    /// <summary>Takes all that there is, and blocks the thread for each.</summary>
    public List<T> BlockOnEach<T>(IAsyncEnumerable<T> all)
    {
        var taken = new List<T>();
        var one = all.GetAsyncEnumerator(TestContext.Current.CancellationToken);
        while (Block(() => one.MoveNextAsync().AsTask()))
        {
            taken.Add(one.Current);
        }

        Block(() => one.DisposeAsync().AsTask());
        return taken;
    }

    private TTask BeginHeld<TTask>(Func<TTask> call)
        where TTask : Task
    {
        _open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            return call();
        }
        finally
        {
            _open.SetResult();
        }
    }
}
