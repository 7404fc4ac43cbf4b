using System.Data.Common;
using System.Net.Sockets;
using Hydra.Relational.Reading;

namespace Hydra.Relational.Enlisting;

/// <summary>Work within a transaction that is not ours: all of it is left there or nothing.</summary>
internal static class Enlistment
{
    /// <summary>
    /// Goes back to the savepoint before anything was written, which fails where its transaction is not there any more.
    /// An ambient one may be ended at any time by its timeout: what writes has this, or the proof, before it in one
    /// round trip; or the mark behind it where one round trip is one transaction, as on PostgreSQL.
    /// </summary>
    public const string ProveBegun = $"ROLLBACK TO SAVEPOINT {Savepoint}";

    /// <summary>Sets the mark, behind what was written first.</summary>
    public const string Mark = "SAVEPOINT hydra_marked";

    /// <summary>Takes the mark away, which fails where its transaction is not there any more.</summary>
    public const string ProveMarked = "RELEASE SAVEPOINT hydra_marked";

    private const string Savepoint = "hydra_enlisted";

    /// <summary>The connection of a transaction that is open and of the right driver.</summary>
    /// <exception cref="ArgumentException">It has ended, or is of another driver.</exception>
    public static TConnection ConnectionOf<TTransaction, TConnection>(DbTransaction transaction, string store)
        where TTransaction : DbTransaction
        where TConnection : DbConnection
    {
        ArgumentNullException.ThrowIfNull(transaction);
        if (transaction is not (TTransaction or AmbientTransaction))
        {
            throw new ArgumentException(
                $"The transaction is a {transaction.GetType().FullName}, and the engine's store ({store}) needs a "
                + $"{typeof(TTransaction).FullName}. Begin it on a connection to the engine's own database.",
                nameof(transaction));
        }

        return OpenConnectionOf(transaction) as TConnection ?? throw new ArgumentException(
            $"The connection is a {transaction.Connection?.GetType().FullName}, and the engine's store ({store}) needs "
            + $"a {typeof(TConnection).FullName}. Open one to the engine's own database.",
            nameof(transaction));
    }

    private static DbConnection OpenConnectionOf(DbTransaction transaction)
    {
        try
        {
            return transaction.Connection ?? throw new InvalidOperationException("It has no connection.");
        }
        catch (InvalidOperationException exception)
        {
            throw Ended(exception);
        }
    }

    /// <summary>What a transaction is told that is not the one any more in which the body of a step began.</summary>
    public static ArgumentException EndedByBody(Exception? exception = null) => new(
        "The transaction has ended: it was committed or rolled back by a statement, or the database has ended it and "
        + "its error was passed over.",
        exception);

    private static ArgumentException Ended(Exception exception) => new(
        $"The transaction has ended: it was committed, rolled back or disposed of ({exception.Message}).", exception);

    /// <summary>Refuses what cannot be written there.</summary>
    public static CommitBatch BatchOf(IReadOnlyList<StoreOperation> operations)
    {
        ArgumentNullException.ThrowIfNull(operations);
        foreach (var operation in operations)
        {
            if (operation is not (StartOperation { Owner.Value: 0 } or CancelOperation))
            {
                throw new StoreException(
                    StoreErrorKind.Deterministic,
                    $"{operation.GetType().Name} cannot be written within a transaction of a user. Nothing was "
                    + "written.");
            }
        }

        var batch = new CommitBatch(SessionId.None, operations);
        StoreRules.Validate(batch);
        return batch;
    }

    /// <summary>Refuses a transaction of another database, which knows nothing of the engine.</summary>
    /// <param name="ours">When the first of our scripts ran in the engine's database, which tells two apart.</param>
    /// <param name="theirs">When it ran in the transaction's.</param>
    /// <param name="place">Where the transaction is, for the message.</param>
    public static void EnsureSame(long ours, long? theirs, string place)
    {
        if (ours != theirs)
        {
            throw Elsewhere(place);
        }
    }

    /// <summary>Looks over a connection that is not ours.</summary>
    /// <param name="transaction">Its transaction, where a look that fails would spoil that; null otherwise.</param>
    /// <param name="look">Looks.</param>
    /// <param name="isBusy">Whether an error of its driver says that something else is being read over it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">Something else is being read over it.</exception>
    public static async Task<T> LookAsync<T>(
        DbTransaction? transaction,
        Func<Task<T>> look,
        Func<Exception, bool> isBusy,
        CancellationToken cancellationToken)
    {
        var saved = false;
        try
        {
            await (transaction?.SaveAsync(Savepoint, cancellationToken) ?? Task.CompletedTask);
            saved = transaction is not null;
            var found = await look();
            await (transaction?.ReleaseAsync(Savepoint, cancellationToken) ?? Task.CompletedTask);
            return found;
        }
        catch (Exception exception)
        {
            if (saved)
            {
                await TryGoBackAsync(transaction!);
            }

            if (isBusy(exception))
            {
                throw BeingRead(exception);
            }

            throw;
        }
    }

    /// <summary>Refuses a connection to another database, whatever its driver.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="transaction">Its open transaction, or null.</param>
    /// <param name="readIdentity">The statement that reads the database's identity.</param>
    /// <param name="ours">When the first of our scripts ran in the engine's database.</param>
    /// <param name="place">Where the connection goes, for the message.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<bool> EnsureSameAsync(
        DbConnection connection,
        DbTransaction? transaction,
        string readIdentity,
        long ours,
        string place,
        CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = readIdentity;
        command.Transaction = transaction;
        try
        {
            EnsureSame(ours, (long?)await command.ExecuteScalarAsync(cancellationToken), place);
            return true;
        }
        catch (DbException exception) when (IsWithoutTables(exception))
        {
            throw Elsewhere(place);
        }
    }

    /// <summary>Finds the execution with a key as a connection sees it, whatever its driver.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="transaction">Its open transaction, or null.</param>
    /// <param name="statement">The statement, which selects the columns of an execution.</param>
    /// <param name="parameters">What it is about: the names, which are empty where it goes by position.</param>
    /// <param name="rows">How the database hands rows over.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<ExecutionRow?> FindByKeyAsync(
        DbConnection connection,
        DbTransaction? transaction,
        string statement,
        (string Name, object Value)[] parameters,
        Rows rows,
        CancellationToken cancellationToken)
    {
        var found = await ReadAsync(
            connection, transaction, statement, parameters, rows.Execution, cancellationToken);
        return found.FirstOrDefault();
    }

    /// <summary>Reads rows as a connection sees them, whatever its driver.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="transaction">Its open transaction, or null.</param>
    /// <param name="statement">The statement.</param>
    /// <param name="parameters">What it is about: the names, which are empty where it goes by position.</param>
    /// <param name="read">How a row is read.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<List<T>> ReadAsync<T>(
        DbConnection connection,
        DbTransaction? transaction,
        string statement,
        (string Name, object Value)[] parameters,
        Func<DbDataReader, T> read,
        CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = statement;
        command.Transaction = transaction;
        foreach (var (name, value) in parameters)
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = name;
            parameter.Value = value;
            command.Parameters.Add(parameter);
        }

        var rows = new List<T>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    /// <summary>No such table or schema; SQLite has no code of its own for that.</summary>
    private static bool IsWithoutTables(DbException exception) => exception.SqlState is "42P01" or "3F000" or "42S02"
        || exception.Message.Contains("no such table", StringComparison.Ordinal);

    /// <summary>What a transaction of another database is told.</summary>
    public static ArgumentException Elsewhere(string place) => new(
        $"The transaction is in {place}, which is not where the engine keeps its executions. A transaction cannot span "
        + "two databases: use one connection string for both, or start after the commit.");

    /// <summary>Does work between a savepoint and its release, and goes back to it when anything fails.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="work">Writes and answers.</param>
    /// <param name="translate">Says of an error what it means; null when it is none of the database's.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="probes">
    /// Whether to look first that the transaction is still there, of which the driver may not know.
    /// </param>
    public static async Task<IReadOnlyList<OperationAnswer>> RunAsync(
        DbTransaction transaction,
        Func<Task<OperationAnswer[]>> work,
        Func<Exception, Exception?> translate,
        CancellationToken cancellationToken,
        bool probes = false)
    {
        var saved = false;
        try
        {
            await transaction.SaveAsync(Savepoint, cancellationToken);
            saved = true;
            if (probes)
            {
                await transaction.RollbackAsync(Savepoint, cancellationToken);
            }

            var answers = await work();
            if (answers.Any(static answer => answer.Kind == AnswerKind.Conflict))
            {
                await transaction.RollbackAsync(Savepoint, CancellationToken.None);
            }

            await transaction.ReleaseAsync(Savepoint, CancellationToken.None);
            return answers;
        }
        catch (InvalidOperationException exception) when (!saved)
        {
            throw IsOpen(transaction) ? Busy(exception) : Ended(exception);
        }
        catch (Exception exception)
        {
            if (saved && !await TryGoBackAsync(transaction))
            {
                throw Undone(exception);
            }

            if (translate(exception) is { } error)
            {
                throw error;
            }

            throw;
        }
    }

    /// <summary>
    /// Goes back to the savepoint. Where it is gone the database has ended the transaction: then it is ended for its
    /// driver too, which may not know, and what its user writes next would be committed statement by statement.
    /// </summary>
    private static async Task<bool> TryGoBackAsync(DbTransaction transaction)
    {
        try
        {
            await transaction.RollbackAsync(Savepoint, CancellationToken.None);
            await transaction.ReleaseAsync(Savepoint, CancellationToken.None);
            return true;
        }
        catch (Exception exception) when (IsOfConnection(exception))
        {
            await EndAsync(transaction);
            return false;
        }
    }

    private static async Task EndAsync(DbTransaction transaction)
    {
        try
        {
            await transaction.RollbackAsync(CancellationToken.None);
        }
        catch (Exception exception) when (IsOfConnection(exception))
        {
            // It had ended, or its connection has.
        }
    }

    /// <summary>Drivers let the exceptions of the socket out where they write to a connection that has ended.</summary>
    private static bool IsOfConnection(Exception exception) =>
        exception is DbException or InvalidOperationException or IOException or SocketException;

    private static StoreException Undone(Exception exception) => new(
        StoreErrorKind.RolledBack,
        $"The database has undone the whole transaction ({exception.Message}), with all that was written in it before. "
        + "Begin it anew.",
        exception);

    private static bool IsOpen(DbTransaction transaction)
    {
        try
        {
            return transaction.Connection is { State: System.Data.ConnectionState.Open };
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>What a context is told over whose connection a query is still being read.</summary>
    private static ArgumentException BeingRead(Exception exception) => new(
        "A query is still being read over the connection of the context. End its reader before the start, as by "
        + "ToListAsync instead of a foreach over the query: a start with a key looks over that connection who has the "
        + "key in the open transaction.",
        exception);

    /// <summary>What a connection that has not been read to the end is told.</summary>
    public static ArgumentException Busy(Exception exception) => new(
        $"The connection of the transaction is in use ({exception.Message}). Close its reader first.", exception);
}
