using Hydra.Relational.Migrations;
using Hydra.Sqlite.Connections;
using Hydra.Sqlite.Writing;
using Microsoft.Data.Sqlite;

namespace Hydra.Sqlite.Migrations;

/// <summary>One connection that migrates. Others are kept out by the write lock of the file.</summary>
internal sealed class SqliteMigrationTarget(ConnectionFactory factory, StoreClock clock, Connection connection)
    : IMigrationTarget
{
    private static readonly MigrationRunner Runner = new(
        typeof(SqliteMigrationTarget).Assembly, new SchemaVersion(Version: 7, MinLibrary: 1), "Hydra.Sqlite");

    public string Place => $"'{factory.FullPath}'";

    /// <summary>Creates the file if it is not there, and brings its schema to this version.</summary>
    public static async Task MigrateAsync(
        ConnectionFactory factory, StoreClock clock, CancellationToken cancellationToken)
    {
        await using var target = new SqliteMigrationTarget(factory, clock, factory.OpenWriter(create: true));
        try
        {
            await Runner.MigrateAsync(target, cancellationToken);
        }
        catch (SqliteException exception)
        {
            throw factory.Errors.Translate(exception, Effect.Undone);
        }
    }

    /// <summary>Checks that the schema is there and of a version that this library can work on.</summary>
    public static async Task VerifyAsync(
        ConnectionFactory factory, StoreClock clock, CancellationToken cancellationToken)
    {
        await using var target = new SqliteMigrationTarget(factory, clock, factory.OpenReader());
        try
        {
            await Runner.VerifyAsync(target, cancellationToken);
            target.CheckWriteAheadLog();
        }
        catch (SqliteException exception)
        {
            throw factory.Errors.Translate(exception, Effect.None);
        }
    }

    public Task<SchemaVersion> ReadVersionAsync(CancellationToken cancellationToken)
    {
        var (hasVersions, columns, names) = Look();
        if (!hasVersions)
        {
            return names.Length == 0 ? Task.FromResult(default(SchemaVersion)) : throw Foreign(names);
        }

        if (columns != 3)
        {
            throw Foreign("hydra_schema");
        }

        using var read = new Statement(connection, SqliteSql.ReadVersion);
        return Task.FromResult(read.Step() ? new SchemaVersion(read.Int(0), read.Int(1)) : default);
    }

    public Task BeginAsync(CancellationToken cancellationToken) =>
        connection.TryBegin() ? Task.CompletedTask : throw factory.Errors.Busy(Effect.None);

    public Task ApplyAsync(string script, SchemaVersion version, CancellationToken cancellationToken)
    {
        connection.Execute(script);
        connection.Execute(SqliteSql.CreateVersions);
        connection.Prepare(SqliteSql.AddVersion)
            .Bind(1, version.Version)
            .Bind(2, version.MinLibrary)
            .Bind(3, clock.Now().Micros)
            .Run();
        return Task.CompletedTask;
    }

    public Task CommitAsync(CancellationToken cancellationToken)
    {
        connection.Commit();
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        connection.Dispose();
        return ValueTask.CompletedTask;
    }

    private (bool HasVersions, int Columns, string Names) Look()
    {
        using var look = new Statement(connection, SqliteSql.OurNames);
        look.Step();
        return (look.Int(0) == 1, look.Int(1), look.Text(2));
    }

    private StoreException Foreign(string names) => ForeignTables.Found(Place, names);

    private void CheckWriteAheadLog()
    {
        var mode = connection.Query("PRAGMA journal_mode");
        if (mode != "wal")
        {
            throw new StoreException(
                StoreErrorKind.Unavailable,
                $"'{factory.FullPath}' is in journal mode '{mode}' instead of 'wal'. Migrating sets it.");
        }
    }
}
