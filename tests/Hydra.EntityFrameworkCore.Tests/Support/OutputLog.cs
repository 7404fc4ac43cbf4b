using Microsoft.Extensions.Logging;

namespace Hydra.EntityFrameworkCore.Tests;

/// <summary>Prints every line with its time, for whoever has to find out why a test failed.</summary>
/// <param name="output">Of the test.</param>
internal sealed class OutputLog(ITestOutputHelper output) : ILoggerFactory, ILogger
{
    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    /// <exception cref="InvalidOperationException">The test has ended, which the engine passes over.</exception>
    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception,
        Func<TState, Exception?, string> formatter) =>
        output.WriteLine(
            $"{DateTime.UtcNow:mm:ss.fff} {logLevel} {eventId.Id}: {formatter(state, exception)} {exception}");

    public void Dispose()
    {
    }
}
