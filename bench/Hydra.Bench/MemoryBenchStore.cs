namespace Hydra.Bench;

/// <summary>The store in memory, which shows what the engine itself costs.</summary>
internal sealed class MemoryBenchStore : BenchStore
{
    public override string Name => "memory";

    public override bool IsDurable => false;

    public override void Use(HydraBuilder hydra) => hydra.UseInMemory();

    public override double? BareInsertsPerSecond() => null;
}
