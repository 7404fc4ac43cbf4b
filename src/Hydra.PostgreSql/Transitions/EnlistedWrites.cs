using System.Data.Common;
using Hydra.PostgreSql.Connections;
using Hydra.PostgreSql.Sql;
using Hydra.PostgreSql.Waking;
using Hydra.Relational.Deciding;
using Hydra.Relational.Enlisting;
using Hydra.Relational.Errors;
using Npgsql;

namespace Hydra.PostgreSql.Transitions;

/// <summary>Writes within transactions of users, whatever their isolation level.</summary>
/// <remarks>
/// NOTIFY is part of the transaction, so others hear of it with the commit; it is told as by a stranger, since this
/// process does not know when that is either. Of an ambient transaction it does.
/// </remarks>
internal sealed class EnlistedWrites(Database database, IWorkflowQueries queries, bool notifies)
{
    private const string Stranger = "";

    private readonly string _channel = Channel.Name(database.Schema, database.Namespace);
    private readonly DatabaseIdentity _identity = IdentityOf(database);

    public async Task<IReadOnlyList<OperationAnswer>> WriteAsync(
        DbTransaction transaction, IReadOnlyList<StoreOperation> operations, CancellationToken cancellationToken)
    {
        var connection = Enlistment.ConnectionOf<NpgsqlTransaction, NpgsqlConnection>(transaction, "postgresql");
        var batch = Enlistment.BatchOf(operations);
        var ours = await _identity.ReadAsync(cancellationToken);
        return await Enlistment.RunAsync(
            transaction,
            () => WriteAsync(connection, batch, ours, transaction is AmbientTransaction, cancellationToken),
            error => Explain(error, connection),
            cancellationToken);
    }

    /// <inheritdoc cref="IStartTables.EnsureSameAsync"/>
    public async Task EnsureSameAsync(
        DbConnection connection, DbTransaction? transaction, CancellationToken cancellationToken)
    {
        var ours = await _identity.ReadAsync(cancellationToken);
        await Enlistment.LookAsync(
            transaction,
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
            transaction,
            () => Enlistment.FindByKeyAsync(
                connection,
                transaction,
                database.Sql.FindExecutionByKey,
                [("", database.Namespace), ("", (short)ExecutionId.ShardOf(database.Namespace, key)), ("", key)],
                Database.Rows,
                cancellationToken),
            IsBusy,
            cancellationToken);

    private static bool IsBusy(Exception error) => error is NpgsqlOperationInProgressException;

    /// <summary>Tells others with the commit, over a connection of any driver.</summary>
    public void Announce(DbTransaction transaction)
    {
        if (notifies)
        {
            using var command = transaction.Connection!.CreateCommand();
            command.CommandText = $"SELECT pg_notify('{_channel}', '{Stranger}')"; // A name of our own making.
            command.Transaction = transaction;
            command.ExecuteNonQuery();
        }
    }

    private async Task<OperationAnswer[]> WriteAsync(
        NpgsqlConnection connection, CommitBatch batch, long ours, bool ambient, CancellationToken cancellationToken)
    {
        await using var exchange = new Exchange(database, connection, isOwned: false);
        var plan = new CommitPlan(batch);
        exchange.Add(database.Sql.ReadIdentity);
        BatchReads.Add(exchange, plan, database);
        if (ambient)
        {
            exchange.Add(Enlistment.Mark);
        }

        await exchange.SendAsync(cancellationToken);
        var theirs = await exchange.ReadAsync(static row => (long?)row.GetInt64(0), cancellationToken);
        var image = await BatchReads.ReadAsync(exchange, plan);
        Enlistment.EnsureSame(ours, theirs.FirstOrDefault(), database.DescribePlace(connection));

        var answers = BatchDecision.Decide(batch, image);
        await EnsureUnknownAsync(answers, cancellationToken);
        if (ambient)
        {
            exchange.Add(Enlistment.ProveMarked);
        }
        else if (notifies)
        {
            exchange.Add(PostgreSqlSql.Notify).Bind(_channel).Bind(Stranger);
        }

        await TransactionWriter.WriteAsync(exchange, image, database, commit: false);
        return answers;
    }

    /// <summary>A transaction with a snapshot does not see what was started after it began.</summary>
    private async Task EnsureUnknownAsync(OperationAnswer[] answers, CancellationToken cancellationToken)
    {
        foreach (var answer in answers.Where(static answer => answer.Kind == AnswerKind.NotFound))
        {
            if (await queries.FindAsync(answer.Id, cancellationToken) is not null)
            {
                throw new StoreException(
                    StoreErrorKind.RolledBack,
                    $"Execution {answer.Id} was started after the transaction's snapshot was taken. Nothing was "
                    + "written; begin the transaction anew.");
            }
        }
    }

    private Exception? Explain(Exception error, NpgsqlConnection connection) => error switch
    {
        PostgresException server when IsElsewhere(server) =>
            Enlistment.Elsewhere(database.DescribePlace(connection)),
        NpgsqlOperationInProgressException => Enlistment.Busy(error),
        _ when database.Errors.Knows(error) => database.Errors.Translate(error, Effect.Undone),
        _ => null,
    };

    /// <summary>Whether an error says that the engine's tables are not there.</summary>
    public static bool IsElsewhere(PostgresException error) =>
        error.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName;

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
