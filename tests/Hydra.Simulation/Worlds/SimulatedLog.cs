using Microsoft.Extensions.Logging;

namespace Hydra.Simulation.Worlds;

/// <summary>Where the engine of one process logs: some events are violations, the others go to the trace.</summary>
internal sealed class SimulatedLog(SimulatedProcess process, bool mayBeRefused, bool hasBuilds, bool hasForeign)
    : ILoggerFactory, ILogger
{
    private const int OperationRefused = 11;
    private const int Refused = 25;
    private const int Violation = 26;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public ILogger CreateLogger(string categoryName) => this;

    public void Dispose()
    {
    }

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error || process.World.IsTraced;

    /// <summary>Work from outside that a suspension has lost is told, and begun again.</summary>
    private bool IsForeignLost(string message) =>
        hasForeign && message.Contains("while the execution was suspended or dropped", StringComparison.Ordinal);

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        if (process.World.IsTraced)
        {
            process.World.Trace(process.Name, $"log: {formatter(state, exception)} {exception?.Message}");
        }

        if ((eventId.Id == Violation && !IsForeignLost(formatter(state, exception)))
            || (eventId.Id == Refused && !hasBuilds)
            || (eventId.Id == OperationRefused && !mayBeRefused))
        {
            process.World.Fail($"{process.Name} logged: {formatter(state, exception)} {exception?.Message}");
        }
    }
}
