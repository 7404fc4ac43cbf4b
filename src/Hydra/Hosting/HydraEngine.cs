using System.Diagnostics.Metrics;
using Hydra.Engine;
using Hydra.Engine.Observing;

namespace Hydra;

/// <summary>
/// An open engine: a client, and a worker if one was added. Disposing of it shuts it down gracefully.
/// </summary>
public sealed class HydraEngine : IAsyncDisposable
{
    private readonly EngineCore _core;

    private HydraEngine(EngineCore core) => _core = core;

    /// <summary>Starts executions and follows them.</summary>
    public IHydraClient Client => _core.Client;

    /// <summary>Opens an engine without a host.</summary>
    /// <param name="configure">Says where executions are kept and what runs.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The engine, its schema in place and its worker running.</returns>
    /// <exception cref="ArgumentException">An option is missing, out of range or contradicts another.</exception>
    /// <exception cref="InvalidOperationException">
    /// The constructor of a workflow class needs a service that is not registered; the message says which.
    /// </exception>
    /// <exception cref="StoreException">The database cannot be opened; the message says what to do.</exception>
    public static Task<HydraEngine> OpenAsync(
        Action<HydraBuilder> configure, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var builder = new HydraBuilder();
        configure(builder);
        var engine = Create(builder);
        return engine._core.Enter(async () =>
        {
            try
            {
                await engine.StartAsync(cancellationToken);
                return engine;
            }
            catch
            {
                await engine.DisposeAsync();
                throw;
            }
        });
    }

    internal static HydraEngine Create(HydraBuilder builder)
    {
        builder.Validate();
        return new HydraEngine(new EngineCore(builder));
    }

    internal Task StartAsync(CancellationToken cancellationToken) => _core.StartAsync(cancellationToken);

    /// <summary>Replays what was recorded elsewhere; the engine need not be started.</summary>
    internal Task<ReplayReport> ReplayAsync(
        ExecutionDetails details, ReplayOptions options, CancellationToken cancellationToken) =>
        _core.Client.ReplayAsync(details, options, cancellationToken);

    /// <summary>The meter that its metrics go to.</summary>
    internal Meter Meter => _core.Meter;

    /// <summary>Looks whether the loops of the engine live.</summary>
    internal IReadOnlyList<HealthFinding> CheckLoops() => _core.Health.CheckLoops();

    /// <summary>Looks whether the engine is ready for work.</summary>
    internal Task<IReadOnlyList<HealthFinding>> CheckReadyAsync(CancellationToken cancellationToken) =>
        _core.Enter(() => _core.Health.CheckReadyAsync(cancellationToken));

    /// <summary>Counts what is in the database, so that the gauges that are read next are of now.</summary>
    internal Task CountAsync() => _core.Enter(_core.CountAsync);

    /// <summary>Stops claiming, so that a host can finish its requests before the worker drains.</summary>
    internal void StopClaiming() => _core.StopClaiming();

    /// <summary>Hands running executions back at once, waits for their step bodies, and closes the store.</summary>
    /// <remarks>
    /// It takes at most <see cref="WorkerOptions.ShutdownGrace"/> and two seconds, without a worker five seconds.
    /// What a database that does not answer keeps from being handed back, other workers take when the lease has ended.
    /// </remarks>
    public ValueTask DisposeAsync() => _core.DisposeAsync();
}
