using Microsoft.Extensions.Logging;

namespace Hydra.Simulation.Worlds;

/// <summary>Where the engine of one process logs: some events are violations, the others go to the trace.</summary>
internal sealed class SimulatedLog(SimulatedProcess process, bool mayBeRefused, bool hasBuilds)
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

        if (eventId.Id == Violation || (eventId.Id == Refused && !hasBuilds)
            || (eventId.Id == OperationRefused && !mayBeRefused))
        {
            process.World.Fail($"{process.Name} logged: {formatter(state, exception)} {exception?.Message}");
        }
    }
}
