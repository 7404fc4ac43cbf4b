namespace Hydra.Sqlite.Writing;

/// <summary>
/// The clock of the database, which for SQLite is that of the host: never going back, and never standing still.
/// </summary>
/// <remarks>
/// When the host's clock is set back, this one goes on by the time that really passes, a little slower until the host
/// has caught up, so that neither timers nor leases wait for it. Processes agree, because they live on one machine and
/// a new one takes over how far those that live are: see <see cref="TimeAgreement"/>.
/// </remarks>
internal sealed class StoreClock(TimeProvider time)
{
    private readonly Lock _lock = new();
    private long _timestamp = time.GetTimestamp();
    private long _last;

    public Instant Now()
    {
        lock (_lock)
        {
            var passed = Math.Max(0, time.GetElapsedTime(_timestamp).Ticks / TimeSpan.TicksPerMicrosecond);
            _timestamp = time.GetTimestamp();
            _last = Math.Max(Instant.From(time.GetUtcNow()).Micros, _last + passed - (passed / 100));
            return new Instant(_last);
        }
    }

    /// <summary>Takes over a time that another process has written, if it is ahead.</summary>
    public Instant NoEarlierThan(Instant other)
    {
        lock (_lock)
        {
            _last = Math.Max(_last, other.Micros);
        }

        return Now();
    }
}
