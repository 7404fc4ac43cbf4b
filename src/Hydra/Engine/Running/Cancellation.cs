namespace Hydra.Engine.Running;

/// <summary>Fires a token on the pool.</summary>
internal sealed class Cancellation(CancellationTokenSource source) : IThreadPoolWorkItem
{
    public void Execute()
    {
        try
        {
            source.Cancel();
        }
        catch (Exception e) when (e is AggregateException or ObjectDisposedException)
        {
            // Callbacks of user code failed, or the body has ended meanwhile: the token has fired all the same.
        }
    }
}
