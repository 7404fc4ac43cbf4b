using Microsoft.Extensions.Logging;

namespace Hydra.Engine;

/// <summary>
/// Keeps the faults of a logger away from the engine: a full disk under a log file must stop no work. And keeps out of
/// the log what exceptions of users' code say.
/// </summary>
internal sealed class GuardedLogger(ILogger inner) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel)
    {
        try
        {
            return inner.IsEnabled(logLevel);
        }
        catch (Exception) // Whatever it throws, there is nowhere to tell.
        {
            return false;
        }
    }

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        try
        {
            exception = WithheldMessages.Loggable(exception);
            inner.Log(logLevel, eventId, state, exception, formatter);
        }
        catch (Exception) // The same.
        {
        }
    }
}
