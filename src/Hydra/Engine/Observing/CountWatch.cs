namespace Hydra.Engine.Observing;

/// <summary>Counts what is in the database for those who watch the engine, and only while somebody does.</summary>
/// <remarks>
/// Gauges are read without waiting, and a count takes a while: whoever reads them gets the last one. One that can wait
/// asks for a new count first. A count that has become too old is none.
/// </remarks>
internal sealed class CountWatch(
    Func<CancellationToken, Task<Statistics>> count, EngineRuntime runtime, EngineLog log) : IDisposable
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Usable = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Interest = TimeSpan.FromMinutes(2); // Some collect only once a minute.

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stopped = new();
    private Statistics? _last;
    private long _lastAt;
    private long _askedAt;
    private Task? _counting;
    private bool _keeping;

    /// <summary>The last count; null when there is none that is of use. That it was asked for keeps it fresh.</summary>
    public Statistics? Last()
    {
        lock (_lock)
        {
            _askedAt = runtime.Time.GetTimestamp();
            if (!_keeping && !IsYounger(Interval) && !_stopped.IsCancellationRequested)
            {
                _keeping = true;
                _ = runtime.Run(KeepAsync);
            }

            return IsYounger(Usable) ? _last : null;
        }
    }

    /// <summary>Counts, unless that was done just now. What fails is logged.</summary>
    public Task CountAsync()
    {
        lock (_lock)
        {
            if (IsYounger(Fresh) || _stopped.IsCancellationRequested)
            {
                return Task.CompletedTask;
            }

            return _counting is { IsCompleted: false } ? _counting : _counting = runtime.Run(CountOnceAsync);
        }
    }

    /// <summary>Counts nothing more.</summary>
    public void Stop() => _stopped.Cancel();

    /// <summary>Stopped before; what still comes finds that out.</summary>
    public void Dispose() => _stopped.Dispose();

    private bool IsYounger(TimeSpan age) => _last is not null && runtime.Time.GetElapsedTime(_lastAt) < age;

    private async Task KeepAsync()
    {
        try
        {
            while (IsWanted())
            {
                await CountAsync();
                await Task.Delay(Interval, runtime.Time, _stopped.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The engine closes.
        }
    }

    private bool IsWanted()
    {
        lock (_lock)
        {
            return _keeping = !_stopped.IsCancellationRequested && runtime.Time.GetElapsedTime(_askedAt) < Interest;
        }
    }

    private async Task CountOnceAsync()
    {
        try
        {
            var counted = await count(_stopped.Token);
            lock (_lock)
            {
                (_last, _lastAt) = (counted, runtime.Time.GetTimestamp());
            }
        }
        catch (Exception) when (_stopped.IsCancellationRequested)
        {
            // The engine closes, and nobody asks any more.
        }
        catch (Exception e)
        {
            log.LoopFailed("Counting for those who watch", e);
        }
    }
}
