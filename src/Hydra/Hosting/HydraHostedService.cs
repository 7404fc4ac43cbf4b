using Microsoft.Extensions.Hosting;

namespace Hydra;

/// <summary>Opens the engine with the host, and hands its work back when the host stops.</summary>
internal sealed class HydraHostedService(HydraEngine engine) : IHostedLifecycleService
{
    public Task StartAsync(CancellationToken cancellationToken) => engine.StartAsync(cancellationToken);

    /// <summary>
    /// Claims nothing more while the host finishes its requests, which may still start and follow executions.
    /// </summary>
    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        engine.StopClaiming();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => engine.DisposeAsync().AsTask();

    /// <summary>Before any other service of the host has started, if the program is asked for its code only.</summary>
    public Task StartingAsync(CancellationToken cancellationToken) =>
        ReplayProgram.IsAsked ? engine.StartAsync(cancellationToken) : Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
