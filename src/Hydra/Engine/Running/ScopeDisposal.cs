using Microsoft.Extensions.DependencyInjection;

namespace Hydra.Engine.Running;

/// <summary>Disposes of an activation's services on the pool.</summary>
internal sealed class ScopeDisposal(AsyncServiceScope scope, EngineLog log) : IThreadPoolWorkItem
{
    public void Execute() => _ = DisposeAsync();

    private async Task DisposeAsync()
    {
        try
        {
            await scope.DisposeAsync();
        }
        catch (Exception e) // A user's service may throw when it is disposed of; nothing depends on it here.
        {
            log.DisposalFailed("the services of a workflow", e);
        }
    }
}
