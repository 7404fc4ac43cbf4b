using Hydra.Storage;

namespace Hydra.Engine;

/// <summary>
/// The database's time in this process: its clock at the last exchange plus the monotonic time since. Never decreasing.
/// </summary>
internal sealed class StoreClock(TimeProvider time)
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1); // Nobody waits longer at a stretch.

    private readonly Lock _lock = new();
    private Instant _database = Instant.From(time.GetUtcNow());
    private long _timestamp = time.GetTimestamp();
    private Instant _last;
    private bool _observed;

    public Instant Now
    {
        get
        {
            lock (_lock)
            {
                return _last = Instant.Max(_last, _database.Plus(time.GetElapsedTime(_timestamp)));
            }
        }
    }

    /// <summary>Takes the database's clock from an answer, which was read no later than now.</summary>
    public void Observe(Instant database)
    {
        lock (_lock)
        {
            _database = database;
            _timestamp = time.GetTimestamp();
            // Before the first exchange it was the wall clock, which may be ahead.
            _last = _observed ? _last : database;
            _observed = true;
        }
    }

    /// <summary>How long until a moment, cut to a day; zero when it has passed.</summary>
    public TimeSpan Until(Instant moment)
    {
        var span = moment.Since(Now);
        return span < TimeSpan.Zero ? TimeSpan.Zero : span < Longest ? span : Longest;
    }
}
