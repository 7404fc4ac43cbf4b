namespace Hydra.Stores.Tests;

/// <summary>The two clocks of a machine: one that people set, and one that only goes on.</summary>
internal sealed class MachineClock : TimeProvider
{
    private readonly Lock _lock = new();
    private DateTimeOffset _utc = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private long _ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock)
        {
            return _utc;
        }
    }

    public override long GetTimestamp() => Volatile.Read(ref _ticks);

    public void Advance(TimeSpan span)
    {
        lock (_lock)
        {
            _utc += span;
            _ticks += span.Ticks;
        }
    }

    public void SetBack(TimeSpan span) => Set(-span);

    /// <summary>Sets the clock that people set, by a span, and not the other one.</summary>
    public void Set(TimeSpan span)
    {
        lock (_lock)
        {
            _utc += span;
        }
    }
}
