namespace Hydra.Soak.Support;

/// <summary>A test with a scene of its own, which ends with it.</summary>
public abstract class SceneTest : IAsyncDisposable
{
    private protected Scene Scene { get; } = new();

    private protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Scene.DisposeAsync();
    }
}
