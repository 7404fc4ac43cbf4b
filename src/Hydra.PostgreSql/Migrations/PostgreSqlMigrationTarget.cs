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
    private const int LongestTurn = 65; // Seconds: longer than the server lets it wait for its turn.
    private const int MostTries = 20;

    private static readonly TimeSpan TurnTimeout = TimeSpan.FromSeconds(60); // Nineteen others may migrate first.
    private static readonly TimeSpan LockTimeout = TimeSpan.FromSeconds(5); // All who come later wait behind it.

    private NpgsqlTransaction? _transaction;

    /// <summary>The version of the schema that this library brings and works on.</summary>
    public static SchemaVersion Brings { get; } = new(Version: 7, MinLibrary: 1);

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
            await target.CheckServerAsync(cancellationToken);
            effect = Effect.Undone;
            await work(target);
        }
        catch (Exception exception) when (database.Errors.Knows(exception))
        {
            throw database.Errors.Translate(exception, effect);
        }
    }

    private async Task CheckServerAsync(CancellationToken cancellationToken)
    {
        var (version, encoding, isReadOnly) = await AskAsync(
            new NpgsqlBatchCommand(PostgreSqlSql.ReadServer),
            static row => (row.GetInt32(0), row.GetString(1), row.GetBoolean(2)),
            cancellationToken);
        ServerSettings.Check(version, encoding, isReadOnly);
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
        await using var wait = CreateBatch(TurnTimeout, statementTimeout: "0");
        wait.BatchCommands.Add(new NpgsqlBatchCommand(database.Sql.LockVersions));
        await wait.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task ApplyAsync(string script, SchemaVersion version, CancellationToken cancellationToken)
    {
        await using (var free = CreateBatch(LockTimeout, statementTimeout: "0"))
        {
            await free.ExecuteNonQueryAsync(cancellationToken);
        }

        await using var apply = new NpgsqlCommand(
            PostgreSqlScripts.Named(script, database.Schema), connection, _transaction)
        {
            CommandTimeout = LongestStep,
        };
        await apply.ExecuteNonQueryAsync(cancellationToken);
        var add = new NpgsqlBatchCommand(database.Sql.AddVersion).Bind(version.Version).Bind(version.MinLibrary);
        await AskAsync(add, static _ => true, cancellationToken);
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

    private Task<(bool HasVersions, long Columns, string Names)> LookAsync(CancellationToken cancellationToken) =>
        AskAsync(
            new NpgsqlBatchCommand(PostgreSqlSql.OurNames).Bind(database.Schema),
            static row => (row.GetBoolean(0), row.GetInt64(1), row.GetString(2)),
            cancellationToken);

    private Task<SchemaVersion> ReadRowAsync(CancellationToken cancellationToken) => AskAsync(
        new NpgsqlBatchCommand(database.Sql.ReadVersion),
        static row => new SchemaVersion(row.GetInt32(0), row.GetInt32(1)),
        cancellationToken);

    /// <summary>
    /// IF NOT EXISTS fails all the same when another creates the thing at that moment; then it is looked at again.
    /// </summary>
    private async Task CreateVersionsAsync(CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                var schemaExists = new NpgsqlBatchCommand(PostgreSqlSql.SchemaExists).Bind(database.Schema);
                if (!await AskAsync(schemaExists, static row => row.GetBoolean(0), cancellationToken))
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
        or PostgresErrorCodes.DuplicateObject
        or PostgresErrorCodes.SerializationFailure; // Where transactions are serializable by default.

    private Task<bool> RunAsync(string statement, CancellationToken cancellationToken) =>
        AskAsync(new NpgsqlBatchCommand(statement), static _ => true, cancellationToken);

    /// <summary>
    /// Sends a statement behind its limits of time. Outside of a transaction they end with it, and within they hold
    /// until the next ones.
    /// </summary>
    /// <returns>What is read from the first row; the default where there is none.</returns>
    private async Task<T?> AskAsync<T>(
        NpgsqlBatchCommand asked, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        await using var batch = CreateBatch(LockTimeout, database.StatementTimeout(TimeSpan.MaxValue));
        batch.BatchCommands.Add(asked);
        batch.Timeout = database.ClientTimeout;
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken); // The settings answer a row.
        var answer = await reader.ReadAsync(cancellationToken) ? read(reader) : default;
        while (await reader.NextResultAsync(cancellationToken))
        {
        }

        return answer;
    }

    /// <summary>Sets the limits of time, of which that of a statement may be "0", for none.</summary>
    private NpgsqlBatch CreateBatch(TimeSpan lockTimeout, string statementTimeout)
    {
        var batch = new NpgsqlBatch(connection, _transaction) { Timeout = LongestTurn };
        batch.BatchCommands.Add(new NpgsqlBatchCommand(PostgreSqlSql.MigrationSettings)
            .Bind(Database.Milliseconds(lockTimeout))
            .Bind(Database.Milliseconds(Patience))
            .Bind(statementTimeout));
        return batch;
    }
}
