namespace Hydra.Engine;

/// <summary>How long an engine may take to shut down: its grace, and a little for the farewell.</summary>
/// <remarks>
/// A database that answers late, or never, must not keep a process from ending. What is left behind then is what a
/// killed process leaves behind: the lease ends by itself, and the others take back what it held.
/// </remarks>
internal sealed class Shutdown(TimeProvider time, TimeSpan grace)
{
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(2);

    /// <summary>The last part is the store's, to finish what it has begun and close.</summary>
    private static readonly TimeSpan Closing = TimeSpan.FromMilliseconds(500);

    private readonly long _begun = time.GetTimestamp();

    /// <summary>How long bodies may go on.</summary>
    public TimeSpan GraceLeft => Left(grace);

    /// <summary>How long there is to write what is to be written.</summary>
    public TimeSpan WritingLeft => Left(grace + Farewell - Closing);

    /// <summary>Waits for a task that writes, for as long as there is time for it.</summary>
    /// <returns>Whether it has ended.</returns>
    public Task<bool> WaitForWritesAsync(Task task) => WaitAsync(task, WritingLeft);

    /// <summary>Waits for the store to close, for as long as there is time at all.</summary>
    /// <returns>Whether it has ended.</returns>
    public Task<bool> WaitForCloseAsync(Task task) => WaitAsync(task, Left(grace + Farewell));

    private TimeSpan Left(TimeSpan whole)
    {
        var left = whole - time.GetElapsedTime(_begun);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private async Task<bool> WaitAsync(Task task, TimeSpan limit)
    {
        try
        {
            await task.WaitAsync(limit, time);
            return true;
        }
        catch (TimeoutException)
        {
            if (task.IsCompleted) // In the very moment in which its time ran out, or it is its own that ran out.
            {
                await task;
                return true;
            }

            _ = task.ContinueWith(
                static late => late.Exception, // Observed: nobody is left to be told.
                CancellationToken.None,
                TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
            return false;
        }
    }
}
