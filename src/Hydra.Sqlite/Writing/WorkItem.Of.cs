using Hydra.Sqlite.Transitions;

namespace Hydra.Sqlite.Writing;

/// <summary>A call that writes and answers.</summary>
/// <remarks>
/// A caller may block on the task without the thread pool: nothing is awaited on the way, and a blocked waiter is woken
/// by the writer thread itself. Continuations run on the pool, never on the writer thread.
/// </remarks>
internal sealed class WorkItem<T> : WorkItem
{
    private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Func<WriteTransitions, T> _work;
    private readonly CancellationTokenRegistration _cancellation;
    private T? _answer;

    public WorkItem(Func<WriteTransitions, T> work, CancellationToken cancellationToken)
    {
        _work = work;
        _cancellation = cancellationToken.UnsafeRegister(
            static (state, token) => ((TaskCompletionSource<T>)state!).TrySetCanceled(token), _completion);
    }

    public Task<T> Task => _completion.Task;

    public override bool Abandoned => _completion.Task.IsCompleted;

    public override void Run(WriteTransitions transitions) => _answer = _work(transitions);

    public override void Complete()
    {
        _cancellation.Unregister();
        _completion.TrySetResult(_answer!);
    }

    public override void Fail(StoreException exception)
    {
        _cancellation.Unregister();
        _completion.TrySetException(exception);
    }
}
