namespace Hydra.EntityFrameworkCore.Mapping;

/// <summary>The tables that a start goes into, in one of the databases.</summary>
/// <remarks>
/// A start is what the store itself would insert for one that nobody owns yet: a row of executions, its input at seq 0
/// of the journal and, on MySQL, its key. Tests compare the columns with those of the tables, and the rows with those
/// that the store writes.
/// </remarks>
internal abstract class StartSchema
{
    private static readonly StartSchema[] All = [new PostgreSqlStarts(), new MySqlStarts(), new SqliteStarts()];

    /// <summary>The name of the store that has these tables.</summary>
    public abstract string Store { get; }

    /// <summary>The providers of Entity Framework Core that save to it.</summary>
    public abstract IReadOnlyList<string> Providers { get; }

    /// <summary>Where the tables are unless the options of the store say otherwise.</summary>
    public abstract string DefaultPlace { get; }

    public abstract IReadOnlyList<StartTable> Tables { get; }

    /// <summary>Whether its connection string says all about where a connection writes to.</summary>
    public virtual bool IsToldByConnectionString => true;

    /// <summary>The schema that the tables are in; null for that of the connection.</summary>
    public virtual string? SchemaIn(string place) => null;

    /// <summary>The full name of a table.</summary>
    public abstract string NameIn(string place, StartTable table);

    /// <returns>Null when there is no store for that provider.</returns>
    public static StartSchema? Of(string? provider) =>
        Array.Find(All, schema => schema.Providers.Contains(provider, StringComparer.Ordinal));

    protected static StartColumn Column<T>(string name, Func<StartRow, T> read) =>
        new(name, typeof(T), row => read(row));

    protected static long Micros(TimeSpan span) => span.Ticks / TimeSpan.TicksPerMicrosecond;

    protected static byte[]? Bytes(Payload payload) => payload.IsNone ? null : payload.Envelope.ToArray();
}
