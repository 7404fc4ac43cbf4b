namespace Hydra.Simulation.Worlds;

/// <summary>
/// The clocks of one process: a wall clock that is off, a monotonic one that runs a little fast or slow, and timers.
/// </summary>
internal sealed class SimulatedTime(SimulatedProcess process, TimeSpan offset, int driftPerMillion) : TimeProvider
{
    private const long Million = 1_000_000;

    private TimeSpan _offset = offset;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => process.World.Now + (process.World.Now / Million * driftPerMillion);

    public override DateTimeOffset GetUtcNow() =>
        process.World.UtcNow + _offset + TimeSpan.FromTicks(process.World.Now / Million * driftPerMillion);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new SimulatedTimer(process, this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Sets the wall clock forwards or back; the monotonic one and the timers do not notice.</summary>
    public void Jump(TimeSpan by) => _offset += by;

    /// <summary>How long a span of this process's time takes in the world.</summary>
    public TimeSpan InWorld(TimeSpan span) =>
        TimeSpan.FromTicks(span.Ticks - (span.Ticks / (Million + driftPerMillion) * driftPerMillion));
}
