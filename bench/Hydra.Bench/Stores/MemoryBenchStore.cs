namespace Hydra.Bench;

/// <summary>The store in memory, which shows what the engine itself costs.</summary>
internal sealed class MemoryBenchStore : BenchStore
{
    private readonly Dictionary<string, InMemoryDatabase> _databases = [];
    private int _created;

    public override string Name => "memory";

    public override bool IsDurable => false;

    public override string CreateDatabase()
    {
        // A finished workload's executions would be memory that the next one is charged for.
        foreach (var finished in _databases.Keys.Where(one => one != Kept).ToList())
        {
            _databases.Remove(finished);
        }

        var database = $"memory-{_created++}";
        _databases.Add(database, new InMemoryDatabase(TimeProvider.System));
        return database;
    }

    public override void Use(HydraBuilder hydra, string database) => hydra.UseInMemory(_databases[database]);
}
