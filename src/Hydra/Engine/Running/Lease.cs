namespace Hydra.Engine.Running;

/// <summary>
/// How long the session still owns what it runs, as far as this process knows. A process that wakes up after a pause
/// finds that the time is over before any beat tells it, and begins nothing until one has.
/// </summary>
/// <remarks>
/// It only holds back: what decides is the fence in the database. It is measured by both clocks of the machine, because
/// one of them stands still while a laptop sleeps and the other may be set back.
/// </remarks>
internal sealed class Lease(TimeProvider time, TimeSpan length)
{
    private Moment _asked = Moment.Now(time);
    private Moment _renewed = Moment.Now(time);

    public bool Holds
    {
        get
        {
            var renewed = Volatile.Read(ref _renewed);
            return time.GetElapsedTime(renewed.Timestamp) < length && time.GetUtcNow() - renewed.Utc < length;
        }
    }

    /// <summary>A beat is about to be sent: if it is good, the lease runs from here.</summary>
    public void Ask() => _asked = Moment.Now(time);

    /// <summary>The beat was good.</summary>
    public void Renew() => Volatile.Write(ref _renewed, _asked);

    private sealed record Moment(long Timestamp, DateTimeOffset Utc)
    {
        public static Moment Now(TimeProvider time) => new(time.GetTimestamp(), time.GetUtcNow());
    }
}
