using System.Data;
using System.Data.Common;
using Hydra.Relational.Enlisting;
using Hydra.Sqlite.Connections;
using Hydra.Sqlite.Reading;
using Hydra.Sqlite.Writing;
using Microsoft.Data.Sqlite;

namespace Hydra.Sqlite.Transitions;

/// <summary>Transactions in which bodies of steps write, with their results as the last row.</summary>
/// <remarks>
/// Such a transaction has the write lock of the file from its beginning on, so nothing else is written until it ends;
/// a fence needs no lock of its own. SQLite ends some transactions by itself, as when the disk is full, and what is
/// written afterwards is committed by itself. So a savepoint is set at the beginning, and nothing lands where it is
/// gone.
/// </remarks>
internal sealed class StepTransactions(
    Lending lending, ReaderPool<ReadStatements> readers, WriterThread writer, string @namespace)
{
    private readonly DatabaseIdentity _identity = EnlistedWrites.IdentityOf(readers);

    public Task<StepTransaction> BeginAsync(IsolationLevel isolation, CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested
            ? Task.FromCanceled<StepTransaction>(cancellationToken)
            : Task.FromResult(lending.Begin(isolation));

    public async Task PrepareAsync(DbTransaction transaction, TimeSpan limit, CancellationToken cancellationToken)
    {
        var connection = Enlistment.ConnectionOf<SqliteTransaction, SqliteConnection>(transaction, "sqlite");
        var ours = await _identity.ReadAsync(cancellationToken);
        try
        {
            using var own = EnlistedWrites.Enter((SqliteTransaction)transaction, connection, ours);
            own.Execute(SqliteSql.MarkStep);
        }
        catch (SqliteException error) when (EnlistedWrites.IsElsewhere(error))
        {
            throw Enlistment.Elsewhere(EnlistedWrites.Place(connection));
        }
    }

    public static IDisposable InterruptOn(DbTransaction transaction, CancellationToken token) => new Interruption(
        Enlistment.ConnectionOf<SqliteTransaction, SqliteConnection>(transaction, "sqlite"), token);

    public Task<LandingAnswer> LandAsync(
        DbTransaction transaction,
        SessionId session,
        ExecutionId id,
        StepTry landed,
        CancellationToken cancellationToken)
    {
        var connection = Enlistment.ConnectionOf<SqliteTransaction, SqliteConnection>(transaction, "sqlite");
        using var own = new Connection(connection.Handle!);
        try
        {
            own.Execute(SqliteSql.ProveStep);
        }
        catch (SqliteException gone) when (gone.SqliteErrorCode == SQLitePCL.raw.SQLITE_ERROR)
        {
            throw Enlistment.EndedByBody(gone);
        }

        try
        {
            var written = Bind(own.Prepare(SqliteSql.Land, @namespace), id, landed)
                .Bind(6, landed.ExecutionAttempt)
                .Bind(7, landed.Input)
                .Bind(8, landed.Output)
                .Bind(9, landed.StartedAt.Micros)
                .Bind(10, landed.EndedAt)
                .Bind(11, landed.Worker)
                .Bind(12, session.Value)
                .Run();
            return Task.FromResult(written == 1 ? LandingAnswer.Landed : LandingAnswer.Fenced);
        }
        catch (SqliteException barred) when (barred.SqliteErrorCode == SQLitePCL.raw.SQLITE_CONSTRAINT)
        {
            return Task.FromResult(LandingAnswer.Barred);
        }
    }

    public Task<StepTry?> BarAsync(
        SessionId session, ExecutionId id, StepTry bar, CancellationToken cancellationToken) =>
        writer.RunAsync(transitions => Bar(transitions.Connection, session, id, bar), urgent: false, cancellationToken);

    public Task<IReadOnlyList<StepTry>> ReadLandedAsync(
        ExecutionId id, string key, CancellationToken cancellationToken) => Task.Run<IReadOnlyList<StepTry>>(
        () => readers.Read(reader => Rows.All(reader.Landed.Bind(2, id).Bind(3, key), Rows.Try)), cancellationToken);

    public static TransactionFate Judge(Exception error) => Fates.Judge(error, SqliteErrors.Judge);

    private StepTry? Bar(Connection connection, SessionId session, ExecutionId id, StepTry bar)
    {
        using var insert = new Statement(connection, SqliteSql.Bar);
        Bind(insert.Bind(1, @namespace), id, bar)
            .Bind(6, bar.ExecutionAttempt)
            .Bind(7, bar.Input)
            .Bind(8, bar.Failure)
            .Bind(9, bar.StartedAt.Micros)
            .Bind(10, bar.Worker)
            .Bind(11, session.Value)
            .Run();
        using var read = new Statement(connection, SqliteSql.ReadLanded);
        return Rows.FirstOrNull(Bind(read.Bind(1, @namespace), id, bar), Rows.Try);
    }

    private static Statement Bind(Statement statement, ExecutionId id, StepTry one) => statement
        .Bind(2, id)
        .Bind(3, one.Key)
        .Bind(4, one.Attempt)
        .Bind(5, one.Epoch);
}
