using Hydra.Storage;

namespace Hydra.Engine;

/// <summary>
/// The database's time in this process: its clock at the last exchange plus the monotonic time since. Never decreasing.
/// </summary>
/// <remarks>
/// An answer tells that the database's clock showed a time at some moment of the call, however long the call took. So
/// the estimate is moved no further than that demands: a late answer does not set it back, and one that no moment of
/// the call allows for, as when the database's clock was set, is followed at once. Calls that overlap are answered in
/// any order; what is known from a later one stays.
/// </remarks>
internal sealed class StoreClock(TimeProvider time)
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1); // Nobody waits longer at a stretch.

    private readonly Lock _lock = new();
    private Instant _database = Instant.From(time.GetUtcNow());
    private long _timestamp = time.GetTimestamp();
    private long _asked; // When the call began that was observed last.
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

    /// <summary>Marks the beginning of a call whose answer will tell the database's time.</summary>
    public long Ask() => time.GetTimestamp();

    /// <summary>Takes the database's clock from an answer.</summary>
    /// <param name="database">What it showed during the call.</param>
    /// <param name="asked">When the call began, from <see cref="Ask"/>.</param>
    public void Observe(Instant database, long asked)
    {
        lock (_lock)
        {
            if (_observed && asked < _asked)
            {
                return;
            }

            var now = time.GetTimestamp();
            var latest = database.Plus(time.GetElapsedTime(asked, now));
            var estimate = _database.Plus(time.GetElapsedTime(_timestamp, now));
            // Before the first exchange it was the wall clock, which may be ahead.
            _database = _observed ? Instant.Max(database, Instant.Min(latest, estimate)) : database;
            _last = _observed ? _last : database;
            _timestamp = now;
            _asked = asked;
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
