using Hydra.PostgreSql.Connections;
using Hydra.PostgreSql.Sql;
using Hydra.Relational.Deciding;
using Npgsql;

namespace Hydra.PostgreSql.Transitions;

/// <summary>Writes what a transaction has decided: one statement for each kind of row, in one round trip.</summary>
internal static class TransactionWriter
{
    public static async Task WriteAsync(Exchange exchange, TransactionImage image, Database database, bool commit)
    {
        var changed = image.Changed();
        AddRows(exchange, image.Writes, database.Sql);
        var update = changed.Count > 0 ? AddUpdate(exchange, changed, database.Sql) : null;
        if (commit)
        {
            exchange.Commit();
        }

        if (exchange.IsEmpty)
        {
            return;
        }

        await exchange.SendAsync();
        await exchange.EndAsync();
        if (update is not null && (long)update.RecordsAffected != changed.Count)
        {
            throw new StoreException(
                StoreErrorKind.InDoubt,
                $"Of {changed.Count} locked executions {update.RecordsAffected} could be changed. Please report this.");
        }
    }

    private static void AddRows(Exchange exchange, BatchWrites writes, PostgreSqlSql sql)
    {
        if (writes.Entries.Count > 0)
        {
            AddEntries(exchange, writes.Entries, sql);
        }

        if (writes.Tries.Count > 0)
        {
            AddTries(exchange, writes.Tries, sql);
        }

        if (writes.Crashes.Count > 0)
        {
            exchange.AddScoped(sql.InsertCrashes)
                .BindIds(writes.Crashes, static row => row.Execution)
                .Bind(writes.Crashes.Column(static row => row.Crash.Epoch))
                .Bind(writes.Crashes.Column(static row => row.Crash.Session.Value))
                .Bind(writes.Crashes.Column(static row => row.Crash.Worker))
                .Bind(writes.Crashes.Column(static row => row.Crash.At.Micros));
        }

        if (writes.ForgottenRefusals.Count > 0)
        {
            exchange.AddScoped(sql.ForgetRefusals).BindIds(writes.ForgottenRefusals, static id => id);
        }

        if (writes.Refusals.Count > 0)
        {
            exchange.AddScoped(sql.InsertRefusals)
                .BindIds(writes.Refusals, static row => row.Execution)
                .Bind(writes.Refusals.Column(static row => row.Refusal.Build))
                .Bind(writes.Refusals.Column(static row => Binding.Bytes(row.Refusal.Difference)))
                .Bind(writes.Refusals.Column(static row => row.Refusal.At.Micros));
        }
    }

    public static void AddEntries(
        Exchange exchange, List<(ExecutionId Execution, JournalEntry Entry)> entries, PostgreSqlSql sql) =>
        BindEntries(exchange.AddScoped(sql.InsertEntries), entries);

    public static void BindEntries(
        NpgsqlBatchCommand command, List<(ExecutionId Execution, JournalEntry Entry)> entries) =>
        command
            .BindIds(entries, static row => row.Execution)
            .Bind(entries.Column(static row => row.Entry.Seq))
            .Bind(entries.Column(static row => (short)row.Entry.Kind))
            .Bind(entries.Column(static row => row.Entry.Key))
            .Bind(entries.Column(static row => row.Entry.Position))
            .Bind(entries.Column(static row => row.Entry.Ordinal))
            .Bind(entries.Column(static row => row.Entry.Failed))
            .Bind(entries.Column(static row => Binding.Bytes(row.Entry.Input)))
            .Bind(entries.Column(static row => Binding.Bytes(row.Entry.Output)))
            .Bind(entries.Column(static row => row.Entry.At.Micros))
            .Bind(entries.Column(static row => row.Entry.StartedAt.Micros))
            .Bind(entries.Column(static row => row.Entry.Attempt))
            .Bind(entries.Column(static row => row.Entry.Epoch))
            .Bind(entries.Column(static row => row.Entry.OriginSeq))
            .Bind(entries.Column(static row => row.Entry.Worker));

    public static void AddTries(
        Exchange exchange, List<(ExecutionId Execution, StepTry Try)> tries, PostgreSqlSql sql) =>
        exchange.AddScoped(sql.InsertTries)
            .BindIds(tries, static row => row.Execution)
            .Bind(tries.Column(static row => row.Try.Key))
            .Bind(tries.Column(static row => row.Try.Attempt))
            .Bind(tries.Column(static row => row.Try.Epoch))
            .Bind(tries.Column(static row => (short)row.Try.Phase))
            .Bind(tries.Column(static row => row.Try.ExecutionAttempt))
            .Bind(tries.Column(static row => Binding.Bytes(row.Try.Input)))
            .Bind(tries.Column(static row => Binding.Bytes(row.Try.Failure)))
            .Bind(tries.Column(static row => row.Try.StartedAt.Micros))
            .Bind(tries.Column(static row => row.Try.EndedAt?.Micros))
            .Bind(tries.Column(static row => row.Try.RetryAt?.Micros))
            .Bind(tries.Column(static row => row.Try.Worker));

    private static NpgsqlBatchCommand AddUpdate(Exchange exchange, List<ExecutionImage> rows, PostgreSqlSql sql) =>
        exchange.AddScoped(sql.UpdateExecutions)
            .BindIds(rows, static row => row.Id)
            .Bind(rows.Column(static row => row.Before.Row.Epoch))
            .Bind(rows.Column(static row => row.Before.Row.Owner.Value))
            .Bind(rows.Column(static row => row.Now.Row.Epoch))
            .Bind(rows.Column(static row => row.Now.Row.Owner.Value))
            .Bind(rows.Column(static row => (short)row.Now.Row.State))
            .Bind(rows.Column(static row => row.Now.Row.DueAt.Micros))
            .Bind(rows.Column(static row => row.Now.Row.FinishedAt?.Micros))
            .Bind(rows.Column(static row => row.Now.Row.SettledEpoch))
            .Bind(rows.Column(static row => row.Now.Row.Attempt))
            .Bind(rows.Column(static row => row.Now.Row.LastSeq))
            .Bind(rows.Column(static row => row.Now.CrashSeq))
            .Bind(rows.Column(static row => row.Now.Row.Mail))
            .Bind(rows.Column(static row => (int)row.Now.Row.Requests))
            .Bind(rows.Column(static row => row.Now.Row.Crashes))
            .Bind(rows.Column(static row => row.Now.Row.BarrenCrashes))
            .Bind(rows.Column(static row => row.Now.Row.SoleSuspectCrashes))
            .Bind(rows.Column(static row => (short)row.Now.Row.BlockedReason))
            .Bind(rows.Column(static row => row.Now.BackingOff))
            .Bind(rows.Column(static row => row.Now.DeadlineDelivered))
            .Bind(rows.Column(static row => row.Now.Row.WaitsFor))
            .Bind(rows.Column(static row => row.Now.RetryEpoch))
            .Bind(rows.Column(static row => row.Now.LastRetry));
}
