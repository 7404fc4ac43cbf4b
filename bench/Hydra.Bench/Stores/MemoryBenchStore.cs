namespace Hydra.Bench;

/// <summary>The store in memory, which shows what the engine itself costs.</summary>
internal sealed class MemoryBenchStore : BenchStore
{
    private readonly Dictionary<string, InMemoryDatabase> _databases = [];

    public override string Name => "memory";

    public override bool IsDurable => false;

    public override string CreateDatabase()
    {
        _databases.Clear(); // A finished workload's executions would be memory that the next one is charged for.
        _databases.Add("memory", new InMemoryDatabase(TimeProvider.System));
        return "memory";
    }

    public override void Use(HydraBuilder hydra, string database) => hydra.UseInMemory(_databases[database]);
}
