using System.Data;
using System.Data.Common;
using Hydra.PostgreSql.Connections;
using Hydra.PostgreSql.Sql;
using Hydra.Relational.Enlisting;
using Npgsql;

namespace Hydra.PostgreSql.Transitions;

/// <summary>Transactions in which bodies of steps write, with their results as the last row.</summary>
internal sealed class StepTransactions(Database database)
{
    // A setting of the transaction that ends with it: what still has it is in the transaction that was prepared.
    private const string Mark = "prepared";

    private readonly DatabaseIdentity _identity = EnlistedWrites.IdentityOf(database);

    public async Task<StepTransaction> BeginAsync(IsolationLevel isolation, CancellationToken cancellationToken) =>
        await ConnectionTransaction.BeginAsync(database.Lending, isolation, cancellationToken);

    public async Task PrepareAsync(DbTransaction transaction, TimeSpan limit, CancellationToken cancellationToken)
    {
        var connection = ConnectionOf(transaction);
        var ours = await _identity.ReadAsync(cancellationToken);
        try
        {
            await using var exchange = new Exchange(database, connection, isOwned: false);
            exchange.Add(PostgreSqlSql.PrepareStep).Bind(Database.Milliseconds(limit)).Bind(Mark);
            exchange.Add(database.Sql.ReadIdentity);
            await exchange.SendAsync(cancellationToken);
            await exchange.ReadAsync(static _ => true, cancellationToken);
            var theirs = await exchange.ReadAsync(static row => (long?)row.GetInt64(0), cancellationToken);
            await exchange.EndAsync(cancellationToken);
            Enlistment.EnsureSame(ours, theirs.FirstOrDefault(), database.DescribePlace(connection));
        }
        catch (PostgresException error) when (EnlistedWrites.IsElsewhere(error))
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
        await using var exchange = new Exchange(database, ConnectionOf(transaction), isOwned: false);
        exchange.Add(PostgreSqlSql.ReadMark);
        exchange.AddScoped(database.Sql.Land)
            .Bind(id).Bind(landed.Key).Bind(landed.Attempt).Bind(landed.Epoch).Bind(landed.ExecutionAttempt)
            .Bind(Binding.Bytes(landed.Input)).Bind(Binding.Bytes(landed.Output))
            .Bind(landed.StartedAt.Micros).Bind(landed.EndedAt?.Micros).Bind(landed.Worker).Bind(Mark)
            .Bind(session.Value);
        try
        {
            await exchange.SendAsync(cancellationToken);
            var mark = await exchange.ReadOneAsync(static row => row.GetString(0), cancellationToken);
            var written = await exchange.ReadAsync(static _ => true, cancellationToken);
            await exchange.EndAsync(cancellationToken);
            return mark != Mark ? throw Enlistment.EndedByBody()
                : written.Count == 1 ? LandingAnswer.Landed
                : LandingAnswer.Fenced;
        }
        catch (PostgresException barred) when (barred.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            return LandingAnswer.Barred;
        }
    }

    public Task<StepTry?> BarAsync(
        SessionId session, ExecutionId id, StepTry bar, CancellationToken cancellationToken) =>
        database.RunAsync(
            async exchange =>
            {
                exchange.Begin();
                exchange.AddScoped(database.Sql.Bar)
                    .Bind(id).Bind(bar.Key).Bind(bar.Attempt).Bind(bar.Epoch).Bind(bar.ExecutionAttempt)
                    .Bind(Binding.Bytes(bar.Input)).Bind(Binding.Bytes(bar.Failure))
                    .Bind(bar.StartedAt.Micros).Bind(bar.Worker).Bind(session.Value);
                exchange.AddScoped(database.Sql.ReadLanded)
                    .Bind(id).Bind(bar.Key).Bind(bar.Attempt).Bind(bar.Epoch);
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
            exchange.Begin();
            exchange.AddScoped(database.Sql.FindLanded).Bind(id).Bind(key);
            exchange.Commit(writes: false);
            await exchange.SendAsync(cancellationToken);
            var landed = await exchange.ReadAsync(Hydra.Relational.Reading.Rows.Try, cancellationToken);
            await exchange.EndAsync(cancellationToken);
            return landed;
        },
        cancellationToken);

    public static TransactionFate Judge(Exception error) => Fates.Judge(error, PostgreSqlErrors.Judge);

    private static NpgsqlConnection ConnectionOf(DbTransaction transaction) =>
        Enlistment.ConnectionOf<NpgsqlTransaction, NpgsqlConnection>(transaction, "postgresql");
}
