using System.Data.Common;
using Hydra.MySql.Connections;
using Hydra.Relational.Deciding;
using Hydra.Relational.Enlisting;
using Hydra.Relational.Errors;
using MySqlConnector;

namespace Hydra.MySql.Transitions;

/// <summary>Writes within transactions of users, whatever their isolation level.</summary>
/// <remarks>
/// At the servers' usual level, REPEATABLE READ, plain reads see the snapshot of the transaction, and locking reads of
/// what is not there lock gaps, into which others could then insert nothing. So only rows that are there are read with
/// a lock, and what never changes is read over a connection of the engine's own where the snapshot is too old for it.
/// </remarks>
internal sealed class EnlistedWrites(Database database, IWorkflowQueries queries)
{
    private readonly DatabaseIdentity _identity = IdentityOf(database);

    public async Task<IReadOnlyList<OperationAnswer>> WriteAsync(
        DbTransaction transaction, IReadOnlyList<StoreOperation> operations, CancellationToken cancellationToken)
    {
        var connection = Enlistment.ConnectionOf<MySqlTransaction, MySqlConnection>(transaction, "mysql");
        EnsureVariables(connection);
        var batch = Enlistment.BatchOf(operations);
        var ours = await _identity.ReadAsync(cancellationToken);
        var known = await ReadKnownAsync(batch, cancellationToken);
        return await Enlistment.RunAsync(
            transaction,
            () => WriteAsync(transaction as MySqlTransaction, connection, batch, known, ours, cancellationToken),
            error => Explain(error, connection),
            cancellationToken,
            probes: true);
    }

    /// <inheritdoc cref="IStartTables.EnsureSameAsync"/>
    public async Task EnsureSameAsync(
        DbConnection connection, DbTransaction? transaction, CancellationToken cancellationToken)
    {
        var ours = await _identity.ReadAsync(cancellationToken);
        await Enlistment.LookAsync(
            transaction: null,
            () => Enlistment.EnsureSameAsync(
                connection,
                transaction,
                database.Sql.ReadIdentity,
                ours,
                database.DescribePlace(connection),
                cancellationToken),
            IsBusy,
            cancellationToken);
    }

    /// <inheritdoc cref="IStartTables.FindByKeyAsync"/>
    public Task<ExecutionRow?> FindByKeyAsync(
        DbConnection connection, DbTransaction? transaction, string key, CancellationToken cancellationToken) =>
        Enlistment.LookAsync(
            transaction: null,
            () => Enlistment.FindByKeyAsync(
                connection,
                transaction,
                database.Sql.FindExecutionByKey,
                [
                    ("@namespace", database.Namespace),
                    ("@shard", ExecutionId.ShardOf(database.Namespace, key)),
                    ("@key", key),
                ],
                Database.Rows,
                cancellationToken),
            IsBusy,
            cancellationToken);

    /// <summary>The driver has no type of its own for it.</summary>
    private static bool IsBusy(Exception error) =>
        error is InvalidOperationException && error.Message.Contains("already in use", StringComparison.Ordinal);

    private async Task<OperationAnswer[]> WriteAsync(
        MySqlTransaction? transaction,
        MySqlConnection connection,
        CommitBatch batch,
        Dictionary<ExecutionId, ExecutionRow> known,
        long ours,
        CancellationToken cancellationToken)
    {
        await using var exchange = new Exchange(database, connection, isOwned: false, transaction);
        var plan = new CommitPlan(batch);
        var starts = new StartPlan(plan.Starts, areNew: true);
        var own = await ReadOwnAsync(
            exchange, plan.Touched.FindAll(id => !known.ContainsKey(id)), cancellationToken);
        var touched = plan.Touched.FindAll(id =>
            own.Contains(id) || (known.TryGetValue(id, out var row) && !row.State.IsTerminal()));
        if (transaction is null)
        {
            exchange.Add(Enlistment.ProveBegun);
        }

        exchange.Add(database.Sql.ReadIdentity);
        starts.AddKeys(exchange, database);
        exchange.AddRows(database.Sql.LockExecutions, JsonRows.Of(LockOrder.Of(touched), static id => id));
        starts.AddReads(exchange, database);
        exchange.AddNow();
        if (transaction is null)
        {
            exchange.Add(Enlistment.Mark);
        }

        await exchange.SendAsync(cancellationToken);
        var theirs = await exchange.ReadAsync(static row => (long?)row.GetInt64(0), cancellationToken);
        var locked = await exchange.ReadAsync(Database.Rows.Stored, cancellationToken);
        var started = await starts.ReadAsync(exchange);
        var image = new TransactionImage(await exchange.ReadNowAsync());
        await exchange.EndAsync(cancellationToken);
        Enlistment.EnsureSame(ours, theirs.FirstOrDefault(), database.DescribePlace(connection));

        locked.ForEach(image.Add);
        foreach (var execution in image.Executions)
        {
            // Where this matters, of what runs nowhere, the row tells the last entry.
            execution.Tail.Note(execution.Now.Row.LastSeq, execution.Now.Row.Epoch, execution.Now.Row.CreatedAt);
        }

        await AddEndedAsync(exchange, plan, known, image, cancellationToken);
        started.ForEach(image.Add);
        foreach (var holder in starts.UnseenHolders(image))
        {
            if (await queries.FindAsync(holder, cancellationToken) is { } row)
            {
                image.Add(new StoredExecution(row));
            }
        }

        starts.Create(image);
        var answers = BatchDecision.Decide(batch, image);
        if (transaction is null)
        {
            exchange.Add(Enlistment.ProveMarked);
        }

        await TransactionWriter.WriteAsync(exchange, image, database, starts, commit: false);
        return answers;
    }

    /// <summary>Looks, over a connection of the engine's own, for what is to be cancelled.</summary>
    private async Task<Dictionary<ExecutionId, ExecutionRow>> ReadKnownAsync(
        CommitBatch batch, CancellationToken cancellationToken)
    {
        var known = new Dictionary<ExecutionId, ExecutionRow>();
        foreach (var cancel in batch.Operations.OfType<CancelOperation>())
        {
            if (await queries.FindAsync(cancel.Id, cancellationToken) is { } row)
            {
                known[cancel.Id] = row;
            }
        }

        return known;
    }

    /// <summary>Which of some executions the transaction itself has started.</summary>
    private async Task<HashSet<ExecutionId>> ReadOwnAsync(
        Exchange exchange, List<ExecutionId> ids, CancellationToken cancellationToken)
    {
        if (ids.Count == 0)
        {
            return [];
        }

        exchange.AddRows(database.Sql.ReadExecutions, JsonRows.Of(ids, static id => id));
        await exchange.SendAsync(cancellationToken);
        var own = await exchange.ReadAsync(Database.Rows.Stored, cancellationToken);
        await exchange.EndAsync(cancellationToken);
        return [.. own.Select(static stored => stored.Row.Id)];
    }

    /// <summary>
    /// Adds what has ended, for which there is no row to lock: before, while the lock was waited for, or by this
    /// transaction.
    /// </summary>
    private async Task AddEndedAsync(
        Exchange exchange,
        CommitPlan plan,
        Dictionary<ExecutionId, ExecutionRow> known,
        TransactionImage image,
        CancellationToken cancellationToken)
    {
        var missing = plan.Touched.FindAll(id => image.Find(id) is null);
        foreach (var id in missing)
        {
            if (known.TryGetValue(id, out var row) && row.State.IsTerminal())
            {
                image.Add(new StoredExecution(row));
            }
        }

        missing.RemoveAll(id => image.Find(id) is not null);
        if (missing.Count == 0)
        {
            return;
        }

        exchange.AddRows(database.Sql.ReadOutcomes, JsonRows.Of(missing, static id => id));
        await exchange.SendAsync(cancellationToken);
        (await exchange.ReadAsync(Database.Rows.Stored, cancellationToken)).ForEach(image.Add);
        await exchange.EndAsync(cancellationToken);
        foreach (var id in missing.Where(id => known.ContainsKey(id) && image.Find(id) is null))
        {
            if (await queries.FindAsync(id, cancellationToken) is { State: var state } row && state.IsTerminal())
            {
                image.Add(new StoredExecution(row));
            }
        }
    }

    /// <exception cref="ArgumentException">The connection cannot carry the store's statements.</exception>
    private static void EnsureVariables(MySqlConnection connection)
    {
        if (!new MySqlConnectionStringBuilder(connection.ConnectionString).AllowUserVariables)
        {
            throw new ArgumentException(
                "The transaction's connection does not allow variables of the session, which the engine's statements "
                + "use. Add AllowUserVariables=true to its connection string.");
        }
    }

    private Exception? Explain(Exception error, MySqlConnection connection) => error switch
    {
        MySqlException { ErrorCode: MySqlErrorCode.NoSuchTable } =>
            Enlistment.Elsewhere(database.DescribePlace(connection)),
        _ when database.Errors.Knows(error) => database.Errors.Translate(error, Effect.Undone),
        _ => null,
    };

    public static DatabaseIdentity IdentityOf(Database database) => new(token => ReadIdentityAsync(database, token));

    private static Task<long> ReadIdentityAsync(Database database, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async exchange =>
            {
                exchange.Add(database.Sql.ReadIdentity);
                await exchange.SendAsync(cancellationToken);
                var read = await exchange.ReadOneAsync(static row => row.GetInt64(0), cancellationToken);
                await exchange.EndAsync(cancellationToken);
                return read;
            },
            cancellationToken);
}
