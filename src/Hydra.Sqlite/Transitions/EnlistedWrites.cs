using System.Data.Common;
using System.Globalization;
using Hydra.Relational.Enlisting;
using Hydra.Sqlite.Connections;
using Hydra.Sqlite.Reading;
using Hydra.Sqlite.Writing;
using Microsoft.Data.Sqlite;

namespace Hydra.Sqlite.Transitions;

/// <summary>Writes within transactions of users, over their connections.</summary>
/// <remarks>
/// Such a transaction holds the write lock of the file from its first write on, so nothing else is written until it
/// ends. The writer thread notices its commit like that of another process.
/// </remarks>
internal sealed class EnlistedWrites(
    ConnectionFactory factory, ReaderPool<ReadStatements> readers, StoreClock clock, string @namespace)
{
    private static readonly Relational.Reading.Rows ForeignRows =
        new(static (row, column) => ExecutionId.FromBytes(row.GetFieldValue<byte[]>(column)));

    private readonly DatabaseIdentity _identity = IdentityOf(readers);

    public async Task<IReadOnlyList<OperationAnswer>> WriteAsync(
        DbTransaction transaction, IReadOnlyList<StoreOperation> operations, CancellationToken cancellationToken)
    {
        var connection = Enlistment.ConnectionOf<SqliteTransaction, SqliteConnection>(transaction, "sqlite");
        var batch = Enlistment.BatchOf(operations);
        cancellationToken.ThrowIfCancellationRequested();
        var ours = await _identity.ReadAsync(cancellationToken);
        return await Enlistment.RunAsync(
            transaction,
            () => Task.FromResult(Write((SqliteTransaction)transaction, connection, batch, ours)),
            error => Explain(error, connection),
            cancellationToken);
    }

    /// <inheritdoc cref="IStartTables.EnsureSameAsync"/>
    public async Task EnsureSameAsync(
        DbConnection connection, DbTransaction? transaction, CancellationToken cancellationToken)
    {
        await Enlistment.EnsureSameAsync(
            connection,
            transaction,
            SqliteSql.ReadIdentity,
            await _identity.ReadAsync(cancellationToken),
            Place(connection),
            cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = SqliteSql.AttachedFiles;
        command.Transaction = transaction;
        EnsureAlone((long?)await command.ExecuteScalarAsync(cancellationToken));
    }

    /// <inheritdoc cref="IStartTables.FindByKeyAsync"/>
    public Task<ExecutionRow?> FindByKeyAsync(
        DbConnection connection, DbTransaction? transaction, string key, CancellationToken cancellationToken) =>
        Enlistment.FindByKeyAsync(
            connection,
            transaction,
            SqliteSql.FindExecutionByKey,
            [("?1", @namespace), ("?2", key)],
            ForeignRows,
            cancellationToken);

    private OperationAnswer[] Write(
        SqliteTransaction transaction, SqliteConnection connection, CommitBatch batch, long ours)
    {
        using var foreign = Enter(transaction, connection, ours);
        var transitions = new WriteTransitions(foreign, @namespace) { Now = clock.Now() };
        return [.. transitions.Commit(batch).Answers];
    }

    public static DatabaseIdentity IdentityOf(ReaderPool<ReadStatements> readers) => new(_ => Task.FromResult(
        readers.Read(static reader => Rows.All(reader.Identity, static row => row.Number(0))[0])));

    /// <summary>Takes the write lock, and makes sure that it is that of the engine's file alone.</summary>
    /// <returns>The user's connection, for statements of ours.</returns>
    public static Connection Enter(SqliteTransaction transaction, SqliteConnection connection, long ours)
    {
        TakeWriteLock(transaction, connection);
        var foreign = new Connection(connection.Handle!);
        EnsureAlone(long.Parse(foreign.Query(SqliteSql.AttachedFiles)!, CultureInfo.InvariantCulture));
        Enlistment.EnsureSame(ours, IdentityOf(foreign), Place(connection));
        return foreign;
    }

    /// <summary>Whether an error says that the engine's tables are not there.</summary>
    public static bool IsElsewhere(SqliteException error) =>
        error.SqliteErrorCode == SQLitePCL.raw.SQLITE_ERROR
        && error.Message.Contains("no such table: main.hydra_schema", StringComparison.Ordinal);

    /// <summary>Waits for the lock as the user's connection does, should the transaction not have it yet.</summary>
    private static void TakeWriteLock(SqliteTransaction transaction, SqliteConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = SqliteSql.TakeWriteLock;
        command.Transaction = transaction;
        command.ExecuteNonQuery();
    }

    private static void EnsureAlone(long? attached)
    {
        if (attached != 0)
        {
            throw new ArgumentException(
                "Another file is attached to the transaction's connection, and SQLite does not commit two files as one "
                + "in a write-ahead log. Use a connection with the engine's file alone.");
        }
    }

    private static long? IdentityOf(Connection connection) =>
        long.TryParse(connection.Query(SqliteSql.ReadIdentity), CultureInfo.InvariantCulture, out var identity)
            ? identity
            : null;

    private Exception? Explain(Exception error, SqliteConnection connection) => error switch
    {
        SqliteException missing when IsElsewhere(missing) => Enlistment.Elsewhere(Place(connection)),
        SqliteException known => factory.Errors.Translate(known, Effect.Undone),
        _ => null,
    };

    public static string Place(DbConnection connection) => $"'{connection.DataSource}'";
}
