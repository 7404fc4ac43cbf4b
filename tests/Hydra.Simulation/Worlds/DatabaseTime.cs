namespace Hydra.Simulation.Worlds;

/// <summary>The clock of the database that all processes share.</summary>
internal sealed class DatabaseTime(SimulatedWorld world) : TimeProvider
{
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => world.UtcNow;

    public override long GetTimestamp() => world.Now;
}
