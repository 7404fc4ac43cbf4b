using Hydra.PostgreSql.Connections;
using Hydra.PostgreSql.Sql;
using Hydra.Relational.Errors;
using Hydra.Relational.Migrations;
using Npgsql;

namespace Hydra.PostgreSql.Migrations;

/// <summary>One connection that migrates. Others are kept out by a row that is locked meanwhile.</summary>
/// <remarks>
/// A row, and no advisory lock: every database that speaks PostgreSQL's protocol has rows, and so have poolers. What
/// has the row, the schema and the table of versions, is created before, by whoever is first; nothing else is committed
/// until all steps are.
/// </remarks>
internal sealed class PostgreSqlMigrationTarget(Database database, NpgsqlConnection connection) : IMigrationTarget
{
    private const int LongestStep = 24 * 60 * 60; // Seconds; a dead connection is noticed by its keepalive.
    private const int MostTries = 20;

    private static readonly TimeSpan TurnTimeout = TimeSpan.FromSeconds(60); // Nineteen others may migrate first.
    private static readonly TimeSpan LockTimeout = TimeSpan.FromSeconds(5); // All who come later wait behind it.

    private NpgsqlTransaction? _transaction;

    /// <summary>The version of the schema that this library brings and works on.</summary>
    public static SchemaVersion Brings { get; } = new(Version: 6, MinLibrary: 1);

    public static MigrationRunner Runner { get; } = new(
        typeof(PostgreSqlMigrationTarget).Assembly, Brings, "Hydra.PostgreSql");

    /// <summary>
    /// After how long the server ends the transaction of a process that stands still between two steps, so that its
    /// locks keep nobody for ever.
    /// </summary>
    internal TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);

    public string Place => database.DescribePlace(connection);

    /// <summary>Opens a connection, does a piece of work, and says of any failure what is known.</summary>
    public static async Task RunAsync(
        Database database, Func<PostgreSqlMigrationTarget, Task> work, CancellationToken cancellationToken)
    {
        var effect = Effect.None;
        try
        {
            await using var target = new PostgreSqlMigrationTarget(
                database, await database.OpenAloneAsync(cancellationToken));
            await target.EnsurePrimaryAsync(cancellationToken);
            effect = Effect.Undone;
            await work(target);
        }
        catch (Exception exception) when (database.Errors.Knows(exception))
        {
            throw database.Errors.Translate(exception, effect);
        }
    }

    /// <summary>Of several hosts the driver finds the primary; a single one may be the endpoint of readers.</summary>
    private async Task EnsurePrimaryAsync(CancellationToken cancellationToken)
    {
        await using var look = Command(PostgreSqlSql.IsReadOnly);
        if ((bool)(await look.ExecuteScalarAsync(cancellationToken))!)
        {
            throw new StoreException(
                StoreErrorKind.Unavailable,
                "The server takes no writes: it is a replica (pg_is_in_recovery), or transactions are read only by "
                + "default. Connect to the primary.");
        }
    }

    public async Task<SchemaVersion> ReadVersionAsync(CancellationToken cancellationToken)
    {
        var (hasVersions, columns, names) = await LookAsync(cancellationToken);
        if (hasVersions && columns != 3)
        {
            throw ForeignTables.Found(Place, "schema_versions");
        }

        var version = hasVersions ? await ReadRowAsync(cancellationToken) : default;
        return version.Version > 0 || names.Length == 0 ? version : throw ForeignTables.Found(Place, names);
    }

    public async Task BeginAsync(CancellationToken cancellationToken)
    {
        await CreateVersionsAsync(cancellationToken);
        _transaction = await connection.BeginTransactionAsync(
            System.Data.IsolationLevel.ReadCommitted, cancellationToken);
        await SetAsync(TurnTimeout, cancellationToken);
        await RunAsync(database.Sql.LockVersions, cancellationToken);
        await SetAsync(LockTimeout, cancellationToken);
    }

    private async Task SetAsync(TimeSpan lockTimeout, CancellationToken cancellationToken)
    {
        await using var set = Command(PostgreSqlSql.MigrationSettings);
        set.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Database.Milliseconds(lockTimeout) });
        set.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Database.Milliseconds(Patience) });
        await set.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task ApplyAsync(string script, SchemaVersion version, CancellationToken cancellationToken)
    {
        await RunAsync(PostgreSqlScripts.Named(script, database.Schema), cancellationToken);
        await using var add = Command(database.Sql.AddVersion);
        add.Parameters.Add(new NpgsqlParameter<int> { TypedValue = version.Version });
        add.Parameters.Add(new NpgsqlParameter<int> { TypedValue = version.MinLibrary });
        await add.ExecuteNonQueryAsync(cancellationToken);
    }

    public Task CommitAsync(CancellationToken cancellationToken) => _transaction!.CommitAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (_transaction is not null)
        {
            await _transaction.DisposeAsync();
        }

        await connection.DisposeAsync();
    }

    private async Task<(bool HasVersions, long Columns, string Names)> LookAsync(CancellationToken cancellationToken)
    {
        await using var look = Command(PostgreSqlSql.OurNames);
        look.Parameters.Add(new NpgsqlParameter<string> { TypedValue = database.Schema });
        await using var reader = await look.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (reader.GetBoolean(0), reader.GetInt64(1), reader.GetString(2));
    }

    private async Task<SchemaVersion> ReadRowAsync(CancellationToken cancellationToken)
    {
        await using var read = Command(database.Sql.ReadVersion);
        await using var reader = await read.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new SchemaVersion(reader.GetInt32(0), reader.GetInt32(1))
            : default;
    }

    /// <summary>
    /// IF NOT EXISTS fails all the same when another creates the thing at that moment; then it is looked at again.
    /// </summary>
    private async Task CreateVersionsAsync(CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                await using var schemaExists = Command(database.Sql.SchemaExists);
                if (!(bool)(await schemaExists.ExecuteScalarAsync(cancellationToken))!)
                {
                    await RunAsync(database.Sql.CreateSchema, cancellationToken); // Which takes a right of its own.
                }

                await RunAsync(database.Sql.CreateVersions, cancellationToken);
                await RunAsync(database.Sql.AddLockRow, cancellationToken);
                return;
            }
            catch (PostgresException exception) when (IsThereAlready(exception) && tries < MostTries)
            {
                // Another was quicker.
            }
        }
    }

    private static bool IsThereAlready(PostgresException exception) => exception.SqlState
        is PostgresErrorCodes.UniqueViolation
        or PostgresErrorCodes.DuplicateSchema
        or PostgresErrorCodes.DuplicateTable
        or PostgresErrorCodes.DuplicateObject;

    private NpgsqlCommand Command(string statement) =>
        new(statement, connection, _transaction) { CommandTimeout = LongestStep };

    private async Task RunAsync(string statement, CancellationToken cancellationToken)
    {
        await using var command = Command(statement);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
