namespace Hydra.Simulation.Worlds;

/// <summary>The clock of the database that all processes share: it may run fast or slow, and be set.</summary>
internal sealed class DatabaseTime(SimulatedWorld world, int driftPerMillion) : TimeProvider
{
    private const long Million = 1_000_000;

    private TimeSpan _offset;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>How far it was set back, in all: as long it may stand still.</summary>
    public TimeSpan SetBack { get; private set; }

    public override DateTimeOffset GetUtcNow() =>
        world.UtcNow + _offset + TimeSpan.FromTicks(world.Now / Million * driftPerMillion);

    public override long GetTimestamp() => world.Now;

    /// <summary>Sets the clock forwards or back.</summary>
    public void Jump(TimeSpan by)
    {
        _offset += by;
        SetBack += by < TimeSpan.Zero ? -by : TimeSpan.Zero;
    }
}
