namespace Hydra.Relational;

/// <summary>Keeps the database's clock from going back, as far as this process has seen it.</summary>
/// <remarks>
/// Statements read the clock of the database and take no earlier time than <see cref="Floor"/>: the last time that was
/// answered, plus most of what has passed here since. So a server whose clock is set back, or a failover to one that
/// lags behind, stops neither timers nor leases, and in ordinary life the floor is never reached.
/// </remarks>
internal sealed class DatabaseClock(TimeProvider time, bool isDatabase)
{
    private readonly Lock _lock = new();
    private long _timestamp = time.GetTimestamp();
    private long _last;

    /// <summary>This process's own time.</summary>
    public TimeProvider Time { get; } = time;

    /// <summary>What statements take instead of the database's clock; null outside of tests.</summary>
    public long? Fixed => isDatabase ? null : Instant.From(Time.GetUtcNow()).Micros;

    /// <summary>The earliest time that it can be.</summary>
    public long Floor
    {
        get
        {
            lock (_lock)
            {
                var passed = Math.Max(0, Time.GetElapsedTime(_timestamp).Ticks / TimeSpan.TicksPerMicrosecond);
                return _last + passed - (passed / 100);
            }
        }
    }

    /// <summary>Takes down a time that the database has answered.</summary>
    public Instant Observe(long micros)
    {
        lock (_lock)
        {
            if (micros > _last)
            {
                _last = micros;
                _timestamp = Time.GetTimestamp();
            }
        }

        return new Instant(micros);
    }
}
