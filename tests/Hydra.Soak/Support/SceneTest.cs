using System.Text.Json;

namespace Hydra.Soak.Support;

/// <summary>A test with a scene of its own, which ends with it.</summary>
public abstract class SceneTest : IAsyncDisposable
{
    private protected Scene Scene { get; } = new();

    private protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>The input of the scripted workflow with these commands.</summary>
    private protected static Payload Script(params object[] commands) =>
        Payload.Create(JsonSerializer.SerializeToUtf8Bytes(new { commands }));

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Scene.DisposeAsync();
    }
}
