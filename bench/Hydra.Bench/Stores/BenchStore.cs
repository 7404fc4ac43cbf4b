using System.Data.Common;

namespace Hydra.Bench;

/// <summary>
/// A store to measure: how engines open a database on it, and what the database can do at most.
/// </summary>
internal abstract class BenchStore : IDisposable
{
    public abstract string Name { get; }

    /// <summary>Whether commits wait for a disk, so that fewer executions make a long enough run.</summary>
    public abstract bool IsDurable { get; }

    /// <summary>Whether processes can share a database.</summary>
    public bool IsShared => IsDurable;

    /// <summary>Whether somebody's old snapshot can keep what has been deleted from being cleaned up.</summary>
    public virtual bool HasSnapshots => false;

    /// <summary>
    /// The one database that is still needed when others are created; null when they are all done with.
    /// </summary>
    public string? Kept { get; set; }

    /// <summary>Makes a fresh, empty database.</summary>
    /// <returns>Where it is, for <see cref="Use"/> in this or another process.</returns>
    public abstract string CreateDatabase();

    /// <summary>Points an engine to a database.</summary>
    public abstract void Use(HydraBuilder hydra, string database);

    /// <summary>Bare batched inserts a second of rows like the journal's; null where there is no database.</summary>
    public virtual double? BareInsertsPerSecond() => null;

    /// <summary>The median time of a bare commit of one such row; null where there is no database.</summary>
    public virtual double? BareCommitMillis() => null;

    /// <summary>What its server has done so far; null where there is no server.</summary>
    public virtual ServerCounters? ReadServer() => null;

    /// <summary>Takes a snapshot of all databases and holds it until it is disposed.</summary>
    public virtual IDisposable? HoldSnapshot() => null;

    /// <summary>Whether steps can write in transactions.</summary>
    public bool HasTransactions => IsDurable;

    /// <summary>How many connections write at once to reach the most that the database can do.</summary>
    public virtual int BareWriters => 16;

    /// <summary>Connections of a user's own to a database.</summary>
    public virtual DbDataSource OpenSource(string database) => throw new NotSupportedException();

    /// <summary>The name of a table of a user's beside the engine's.</summary>
    public virtual string TableOf(string database, string name) => name;

    public void Dispose() => CleanUp();

    protected virtual void CleanUp()
    {
    }

    public static IReadOnlyList<string> Names { get; } = ["sqlite", "postgresql", "mysql", "memory"];

    public static BenchStore Create(string name) => name switch
    {
        "memory" => new MemoryBenchStore(),
        "sqlite" => new SqliteBenchStore(),
        "mysql" => new MySqlBenchStore(),
        "postgresql" => new PostgreSqlBenchStore(),
        _ => throw new ArgumentException($"There is no store '{name}'; there are {string.Join(", ", Names)}."),
    };
}
