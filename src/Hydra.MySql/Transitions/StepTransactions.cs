using System.Data;
using System.Data.Common;
using Hydra.MySql.Connections;
using Hydra.MySql.Sql;
using Hydra.Relational.Enlisting;
using Hydra.Relational.Errors;
using MySqlConnector;

namespace Hydra.MySql.Transitions;

/// <summary>Transactions in which bodies of steps write, with their results as the last row.</summary>
/// <remarks>
/// These servers end a transaction behind the back of its driver: a deadlock does, and every statement that changes a
/// table's definition. What is written afterwards is committed by itself. So a savepoint is set at the beginning, and
/// nothing lands where it is gone.
/// </remarks>
internal sealed class StepTransactions(Database database)
{
    private readonly DatabaseIdentity _identity = EnlistedWrites.IdentityOf(database);

    public Task<StepTransaction> BeginAsync(IsolationLevel isolation, CancellationToken cancellationToken) =>
        database.LendAsync(isolation, cancellationToken);

    public async Task PrepareAsync(DbTransaction transaction, TimeSpan limit, CancellationToken cancellationToken)
    {
        var connection = ConnectionOf(transaction);
        EnsureReset(connection);
        var ours = await _identity.ReadAsync(cancellationToken);
        try
        {
            await using var exchange = new Exchange(
                database, connection, isOwned: false, (MySqlTransaction)transaction);
            exchange.Add(MySqlSql.MarkStep);
            var seconds = Math.Max(1, (int)Math.Ceiling(limit.TotalSeconds));
            exchange.Add(MySqlSql.SetStepPatience)
                .Bind("@seconds", seconds)
                .Bind("@lockSeconds", Math.Max(1, seconds - 1)); // So that the body is repeated before its time is up.
            exchange.Add(database.Sql.ReadIdentity);
            await exchange.SendAsync(cancellationToken);
            var theirs = await exchange.ReadAsync(static row => (long?)row.GetInt64(0), cancellationToken);
            await exchange.EndAsync(cancellationToken);
            Enlistment.EnsureSame(ours, theirs.FirstOrDefault(), database.DescribePlace(connection));
        }
        catch (MySqlException error) when (error.ErrorCode == MySqlErrorCode.NoSuchTable)
        {
            throw Enlistment.Elsewhere(database.DescribePlace(connection));
        }
    }

    public async Task<LandingAnswer> LandAsync(
        DbTransaction transaction,
        SessionId session,
        ExecutionId id,
        StepTry landed,
        CancellationToken cancellationToken)
    {
        database.EnsureFits(SizeOf(landed));
        await using var batch = new MySqlCommand(
            $"{MySqlSql.ProveStep}; {database.Sql.Land}", ConnectionOf(transaction), (MySqlTransaction)transaction)
        {
            CommandTimeout = database.ClientTimeout,
        };
        Bind(batch.Parameters, session, id, landed);
        batch.Parameters.AddWithValue("@output", Binding.Bytes(landed.Output));
        batch.Parameters.AddWithValue("@endedAt", landed.EndedAt?.Micros);
        try
        {
            return await batch.ExecuteNonQueryAsync(cancellationToken) == 1
                ? LandingAnswer.Landed
                : LandingAnswer.Fenced;
        }
        catch (MySqlException gone) when (gone.ErrorCode == MySqlErrorCode.StoredProcedureDoesNotExist)
        {
            throw Enlistment.EndedByBody(gone); // The same number as for a savepoint.
        }
        catch (MySqlException barred) when (barred.ErrorCode == MySqlErrorCode.DuplicateKeyEntry)
        {
            return LandingAnswer.Barred;
        }
        catch (MySqlException large) when (large.ErrorCode == MySqlErrorCode.PacketTooLarge)
        {
            throw database.Errors.Translate(large, Effect.Undone);
        }
    }

    public Task<StepTry?> BarAsync(
        SessionId session, ExecutionId id, StepTry bar, CancellationToken cancellationToken) =>
        database.RunAsync(
            async exchange =>
            {
                exchange.Begin();
                var command = exchange.Add(database.Sql.Bar);
                Bind(command.Parameters, session, id, bar);
                command.Bind("@failure", Binding.Bytes(bar.Failure));
                exchange.Count(bar.Input);
                exchange.Count(bar.Failure);
                exchange.AddScoped(database.Sql.ReadLanded)
                    .Bind(id).Bind("@key", bar.Key).Bind("@attempt", bar.Attempt).Bind("@epoch", bar.Epoch);
                exchange.Commit();
                await exchange.SendAsync(cancellationToken);
                var landed = await exchange.ReadAsync(Hydra.Relational.Reading.Rows.Try, cancellationToken);
                await exchange.EndAsync(cancellationToken);
                return landed.FirstOrDefault();
            },
            cancellationToken);

    public Task<IReadOnlyList<StepTry>> ReadLandedAsync(
        ExecutionId id, string key, CancellationToken cancellationToken) => database.RunAsync<IReadOnlyList<StepTry>>(
        async exchange =>
        {
            exchange.AddScoped(database.Sql.FindLanded).Bind(id).Bind("@key", key);
            await exchange.SendAsync(cancellationToken);
            var landed = await exchange.ReadAsync(Hydra.Relational.Reading.Rows.Try, cancellationToken);
            await exchange.EndAsync(cancellationToken);
            return landed;
        },
        cancellationToken);

    public static TransactionFate Judge(Exception error) => Fates.Judge(error, MySqlErrors.Judge);

    /// <summary>How many bytes a result takes on its way, or a little more.</summary>
    private static long SizeOf(StepTry landed) =>
        4096 + Literals.Escaped(landed.Input) + Literals.Escaped(landed.Output);

    /// <exception cref="ArgumentException">What it is told would stay with the pool.</exception>
    private static void EnsureReset(MySqlConnection connection)
    {
        var settings = new MySqlConnectionStringBuilder(connection.ConnectionString);
        if (settings is { Pooling: true, ConnectionReset: false })
        {
            throw new ArgumentException(
                "Its connections are not reset (ConnectionReset=false), so the bounds of time that a step sets would "
                + "stay for whoever gets them next. Leave ConnectionReset on.");
        }
    }

    private void Bind(MySqlParameterCollection parameters, SessionId session, ExecutionId id, StepTry one)
    {
        parameters.AddWithValue("@shard", id.Shard);
        parameters.AddWithValue("@namespace", database.Namespace);
        parameters.AddWithValue("@id", Hexadecimal.Of(id));
        parameters.AddWithValue("@session", session.Value);
        parameters.AddWithValue("@key", one.Key);
        parameters.AddWithValue("@attempt", one.Attempt);
        parameters.AddWithValue("@epoch", one.Epoch);
        parameters.AddWithValue("@executionAttempt", one.ExecutionAttempt);
        parameters.AddWithValue("@input", Binding.Bytes(one.Input));
        parameters.AddWithValue("@startedAt", one.StartedAt.Micros);
        parameters.AddWithValue("@worker", one.Worker);
    }

    private static MySqlConnection ConnectionOf(DbTransaction transaction) =>
        Enlistment.ConnectionOf<MySqlTransaction, MySqlConnection>(transaction, "mysql");
}
