namespace Hydra.Engine;

/// <summary>Waits for what somebody else completes, until the caller gives up.</summary>
/// <remarks>
/// Task.WaitAsync does the same over a promise of its own, which is completed on the pool whatever scheduler the caller
/// runs on. Here the source itself is awaited, so that the wait goes on where it began and nowhere in between.
/// </remarks>
internal static class Waiting
{
    /// <param name="source">Belongs to this one caller: giving up cancels it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<T> WaitAsync<T>(this TaskCompletionSource<T> source, CancellationToken cancellationToken)
    {
        using var registration = cancellationToken.UnsafeRegister(
            static (state, token) => ((TaskCompletionSource<T>)state!).TrySetCanceled(token), source);
        return await source.Task;
    }
}
