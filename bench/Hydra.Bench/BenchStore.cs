namespace Hydra.Bench;

/// <summary>
/// A store to measure: how an engine opens a fresh database on it, and what the database can do at most.
/// </summary>
internal abstract class BenchStore : IDisposable
{
    public abstract string Name { get; }

    public abstract bool IsDurable { get; }

    /// <summary>Points an engine to a fresh database.</summary>
    public abstract void Use(HydraBuilder hydra);

    /// <summary>Bare batched inserts a second of rows like the journal's; null where there is no database.</summary>
    public abstract double? BareInsertsPerSecond();

    public void Dispose() => CleanUp();

    protected virtual void CleanUp()
    {
    }

    public static BenchStore Create(string name) => name switch
    {
        "memory" => new MemoryBenchStore(),
        "sqlite" => new SqliteBenchStore(),
        _ => throw new ArgumentException($"There is no store '{name}' to measure; there are sqlite and memory."),
    };
}
