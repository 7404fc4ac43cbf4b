using System.Data.Common;
using Hydra.MySql.Connections;
using Hydra.MySql.Sql;
using Hydra.Relational.Deciding;
using Hydra.Relational.Enlisting;
using Hydra.Relational.Errors;
using MySqlConnector;

namespace Hydra.MySql.Transitions;

/// <summary>Writes within transactions of users, whatever their isolation level.</summary>
/// <remarks>
/// At the servers' usual level, REPEATABLE READ, plain reads see the snapshot of the transaction, and locking reads of
/// what is not there lock gaps, into which others could then insert nothing; at SERIALIZABLE plain reads are locking
/// ones. So only rows that are there are read here, and all else over a connection of the engine's own, which looks
/// also at what nobody has committed yet, since that may be this transaction's.
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
    public async Task<ExecutionRow?> FindByKeyAsync(
        DbConnection connection, DbTransaction? transaction, string key, CancellationToken cancellationToken)
    {
        var shard = ExecutionId.ShardOf(database.Namespace, key);
        var found = await LookAsync(
            exchange => exchange.AddScoped(database.Sql.FindExecutionByKey).Bind("@shard", shard).Bind("@key", key),
            Database.Rows.Execution,
            cancellationToken);
        var row = found.FirstOrDefault();

        // What nobody has is not looked for within the transaction, which would lock its place.
        var seen = await Enlistment.LookAsync(
            transaction: null,
            () => Enlistment.ReadAsync(
                connection,
                transaction,
                row is null ? MySqlSql.AskNothing : database.Sql.ReadKey,
                row is null ? [] : [("@namespace", database.Namespace), ("@shard", shard), ("@key", key)],
                static reader => Database.Rows.Id(reader, 0),
                cancellationToken),
            IsBusy,
            cancellationToken);
        return row is not null && seen.Contains(row.Id) ? row : null;
    }

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
        var starts = new StartPlan(plan.Starts, areEnlisted: true);
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
        await AddHoldersAsync(starts.UnseenHolders(image), image, cancellationToken);

        starts.Create(image);
        var answers = BatchDecision.Decide(batch, image);
        if (transaction is null)
        {
            exchange.Add(Enlistment.ProveMarked);
        }

        await TransactionWriter.WriteAsync(exchange, image, database, starts, commit: false);
        return answers;
    }

    /// <summary>
    /// Adds what has the keys, which this transaction has locked: what nobody has committed is its own.
    /// </summary>
    private async Task AddHoldersAsync(
        List<ExecutionId> holders, TransactionImage image, CancellationToken cancellationToken)
    {
        var own = new List<ExecutionId>();
        foreach (var holder in holders)
        {
            if (await queries.FindAsync(holder, cancellationToken) is { } row)
            {
                image.Add(new StoredExecution(row));
            }
            else
            {
                own.Add(holder);
            }
        }

        (await LookAsync(own, cancellationToken)).ForEach(image.Add);
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

    /// <summary>
    /// Looks, over a connection of the engine's own, for executions that are there or that some transaction, maybe the
    /// user's, is about to write.
    /// </summary>
    private async Task<List<StoredExecution>> LookAsync(List<ExecutionId> ids, CancellationToken cancellationToken)
    {
        if (ids.Count == 0)
        {
            return [];
        }

        var rows = JsonRows.Of(ids, static id => id);
        var live = await LookAsync(
            exchange => exchange.AddRows(database.Sql.ReadExecutions, rows), Database.Rows.Stored, cancellationToken);
        var ended = await LookAsync( // Behind the others: what ends meanwhile is in one of them at least.
            exchange => exchange.AddRows(database.Sql.ReadOutcomes, rows), Database.Rows.Stored, cancellationToken);
        return [.. live.Concat(ended).DistinctBy(static stored => stored.Row.Id)];
    }

    private Task<List<T>> LookAsync<T>(
        Action<Exchange> add, Func<DbDataReader, T> read, CancellationToken cancellationToken) => database.ReadAsync(
        async exchange =>
        {
            exchange.BeginLook();
            add(exchange);
            await exchange.SendAsync(cancellationToken);
            var rows = await exchange.ReadAsync(read, cancellationToken);
            await exchange.EndAsync(cancellationToken);
            await exchange.UndoAsync();
            return rows;
        },
        cancellationToken);

    private async Task<List<ExecutionId>> KnownToAnybodyAsync(
        List<ExecutionId> ids, CancellationToken cancellationToken) =>
        (await LookAsync(ids, cancellationToken)).ConvertAll(static stored => stored.Row.Id);

    /// <summary>Which of some executions the transaction itself has started.</summary>
    private async Task<HashSet<ExecutionId>> ReadOwnAsync(
        Exchange exchange, List<ExecutionId> unseen, CancellationToken cancellationToken)
    {
        var ids = await KnownToAnybodyAsync(unseen, cancellationToken);
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

        var there = await KnownToAnybodyAsync(missing, cancellationToken);
        if (there.Count > 0)
        {
            exchange.AddRows(database.Sql.ReadOutcomes, JsonRows.Of(there, static id => id));
            await exchange.SendAsync(cancellationToken);
            (await exchange.ReadAsync(Database.Rows.Stored, cancellationToken)).ForEach(image.Add);
            await exchange.EndAsync(cancellationToken);
        }

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
