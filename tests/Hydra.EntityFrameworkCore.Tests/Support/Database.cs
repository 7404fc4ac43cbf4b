using System.Data.Common;
using Microsoft.EntityFrameworkCore;

namespace Hydra.EntityFrameworkCore.Tests;

/// <summary>An empty database, or a part of one, in which the engine and the user's tables are.</summary>
public abstract class Database : IAsyncDisposable
{
    /// <summary>The option of the engine's that says where its tables are.</summary>
    public abstract string Place { get; }

    public string Orders { get; } = $"orders_{Guid.NewGuid():N}"[..20];

    /// <summary>Whether text is kept as its bytes.</summary>
    public virtual bool KeepsBytes => false;

    /// <summary>Whether the provider takes part in transactions of System.Transactions.</summary>
    public virtual bool HasScopes => true;

    /// <summary>
    /// What the driver throws when the database undoes a transaction for the sake of another; null where it lets nobody
    /// make one.
    /// </summary>
    public virtual DbException? Conflict => null;

    /// <summary>Whether connections go to a server, which may end them.</summary>
    public virtual bool HasServer => false;

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    public abstract void Use(HydraBuilder hydra);

    /// <summary>Another database of the same server, in which the engine has no tables.</summary>
    public abstract void UseElsewhere(DbContextOptionsBuilder options);

    public ShopContext CreateContext(Action<DbContextOptionsBuilder>? configure = null, ShopTables? tables = null)
    {
        var options = new DbContextOptionsBuilder<ShopContext>();
        Configure(options, configure, tables);
        return new ShopContext(options.Options);
    }

    public void Configure(
        DbContextOptionsBuilder options, Action<DbContextOptionsBuilder>? configure = null, ShopTables? tables = null)
    {
        Use(options);
        tables ??= new ShopTables(Orders, Place);
        ((Microsoft.EntityFrameworkCore.Infrastructure.IDbContextOptionsBuilderInfrastructure)options)
            .AddOrUpdateExtension(tables);
        configure?.Invoke(options);
    }

    /// <summary>Has the server end a connection.</summary>
    public virtual Task EndAsync(DbConnection connection) => throw new NotSupportedException();

    public async Task CreateOrdersAsync()
    {
        await using var context = CreateContext();
        await context.Database.OpenConnectionAsync(Token);
        await using var create = context.Database.GetDbConnection().CreateCommand();
        create.CommandText = $"""
            CREATE TABLE {Orders} (id {IdType} PRIMARY KEY, number VARCHAR(100) NOT NULL UNIQUE, quantity INT NOT NULL)
            """;
        await create.ExecuteNonQueryAsync(Token);
    }

    /// <summary>
    /// All columns of the rows of a start, by table; of those that tell two starts apart, whether they are set.
    /// </summary>
    public async Task<IReadOnlyList<string>> DumpAsync(ExecutionId id)
    {
        var rows = new List<string>();
        await using var context = CreateContext();
        await context.Database.OpenConnectionAsync(Token);
        foreach (var (table, column) in TablesOfStarts)
        {
            await using var command = context.Database.GetDbConnection().CreateCommand();
            command.CommandText = $"SELECT * FROM {table} WHERE {column} = {Literal(id)}";
            await using var reader = await command.ExecuteReaderAsync(Token);
            while (await reader.ReadAsync(Token))
            {
                rows.AddRange(Enumerable.Range(0, reader.FieldCount)
                    .Select(i => $"{table}.{reader.GetName(i)} = {Show(reader, i)}"));
            }
        }

        return rows;
    }

    public abstract ValueTask DisposeAsync();

    protected abstract string IdType { get; }

    /// <summary>The tables that a start has rows in, and how those of an execution are found.</summary>
    protected abstract (string Table, string Column)[] TablesOfStarts { get; }

    protected abstract string Literal(ExecutionId id);

    protected abstract void Use(DbContextOptionsBuilder options);

    private static string[] Individual =>
        ["id", "number", "execution", "created_at", "due_at", "at", "started_at", "deadline", "open_deadline"];

    private static string Show(DbDataReader reader, int i) => reader.GetValue(i) switch
    {
        DBNull => "null",
        _ when Individual.Contains(reader.GetName(i)) => "set",
        byte[] bytes => Convert.ToHexString(bytes),
        var value => $"{value}",
    };
}
