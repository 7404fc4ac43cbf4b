namespace Hydra.Sqlite.Writing;

/// <summary>
/// The clock of the database, which for SQLite is that of the host. It never goes back within a process.
/// </summary>
internal sealed class StoreClock(TimeProvider time)
{
    private long _last;

    public Instant Now()
    {
        var now = Instant.From(time.GetUtcNow()).Micros;
        for (var last = Volatile.Read(ref _last); now > last; last = Volatile.Read(ref _last))
        {
            if (Interlocked.CompareExchange(ref _last, now, last) == last)
            {
                return new Instant(now);
            }
        }

        return new Instant(Volatile.Read(ref _last));
    }
}
