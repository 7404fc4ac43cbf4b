namespace Hydra.Relational;

/// <summary>Callers that may give up while a server is still at work for them.</summary>
internal static class Callers
{
    /// <summary>
    /// Waits for work for as long as its caller does. Whoever gives up leaves at once; the work goes on.
    /// </summary>
    public static Task<T> WhileWantedAsync<T>(this Task<T> work, CancellationToken cancellationToken)
    {
        if (work.IsCompleted || !cancellationToken.CanBeCanceled)
        {
            return work;
        }

        // How it fails then is of interest to nobody, the event of unobserved exceptions included.
        _ = work.ContinueWith(
            static failed => _ = failed.Exception,
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        return work.WaitAsync(cancellationToken);
    }
}
