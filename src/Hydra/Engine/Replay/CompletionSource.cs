namespace Hydra.Engine.Replay;

/// <summary>Completes the task of one call.</summary>
internal sealed class CompletionSource<T>
{
    private readonly TaskCompletionSource<T> _source = new(TaskCreationOptions.None);

    public Task<T> Task => _source.Task;

    public void Succeed(T value) => _source.TrySetResult(value);

    public void Fail(Exception exception)
    {
        _source.TrySetException(exception);
        _ = _source.Task.Exception; // Observed: a failure that nobody awaits is no unobserved task exception.
    }

    /// <summary>
    /// A cancelled task would forget the exception's type, so a timeout ends it as a failure that is a cancellation
    /// too.
    /// </summary>
    public void End(OperationCanceledException reason)
    {
        if (reason is WorkflowTimedOutException)
        {
            Fail(reason);
        }
        else
        {
            _source.TrySetCanceled(reason.CancellationToken);
        }
    }
}
