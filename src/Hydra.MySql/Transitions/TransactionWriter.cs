using Hydra.MySql.Connections;
using Hydra.MySql.Sql;
using Hydra.Relational.Deciding;

namespace Hydra.MySql.Transitions;

/// <summary>
/// Writes what a transaction has decided and ends it: one statement for each kind of row, in one round trip.
/// </summary>
internal static class TransactionWriter
{
    public static async Task WriteAsync(
        Exchange exchange, TransactionImage image, Database database, StartPlan? starts = null, bool commit = true)
    {
        var created = starts?.AddCreated(exchange, image.Now, database) ?? [];
        JournalStatements.Add(exchange, created, image.Writes.Entries, database);
        AddRows(exchange, image.Writes, database);
        var changed = image.Changed();
        AddLive(exchange, [.. changed.Where(static row => !row.Now.Row.State.IsTerminal())], database.Sql);
        AddEnded(exchange, [.. changed.Where(static row => row.Now.Row.State.IsTerminal())], database.Sql);
        if (commit)
        {
            exchange.Commit();
        }

        if (!exchange.IsEmpty)
        {
            await exchange.SendAsync();
            await exchange.EndAsync();
        }
    }

    private static void AddRows(Exchange exchange, BatchWrites writes, Database database)
    {
        if (writes.Tries.Count > 0)
        {
            JournalStatements.AddTries(exchange, writes.Tries, database);
        }

        if (writes.Crashes.Count > 0)
        {
            exchange.AddValues(database.Sql.InsertCrashes, writes.Crashes, (row, written) => row
                .Add(written.Execution, database.Namespace)
                .Add(written.Crash.Epoch).Add(written.Crash.Session.Value).Add(written.Crash.Worker)
                .Add(written.Crash.At.Micros));
        }

        if (writes.ForgottenRefusals.Count > 0)
        {
            exchange.AddRows(
                database.Sql.ForgetRefusals, JsonRows.Of(writes.ForgottenRefusals, static id => id));
        }

        if (writes.Refusals.Count > 0)
        {
            exchange.AddValues(database.Sql.InsertRefusals, writes.Refusals, (row, written) => row
                .Add(written.Execution, database.Namespace)
                .Add(written.Refusal.Build).Add(written.Refusal.Difference).Add(written.Refusal.At.Micros));
        }
    }

    private static void AddLive(Exchange exchange, List<ExecutionImage> rows, MySqlSql sql)
    {
        if (rows.Count == 0)
        {
            return;
        }

        exchange.AddRows(sql.UpdateExecutions, JsonRows.Of(rows, static row => row.Id, static (json, row) => json
            .Add(row.Before.Row.Epoch)
            .Add(row.Before.Row.Owner.Value)
            .Add(row.Now.Row.Epoch)
            .Add(row.Now.Row.Owner.Value)
            .Add((long)row.Now.Row.State)
            .Add(row.Now.Row.DueAt.Micros)
            .Add(row.Now.Row.SettledEpoch)
            .Add(row.Now.Row.Attempt)
            .Add(row.Now.Row.LastSeq)
            .Add(row.Now.CrashSeq)
            .Add(row.Now.Row.Mail)
            .Add((long)row.Now.Row.Requests)
            .Add(row.Now.Row.Crashes)
            .Add(row.Now.Row.BarrenCrashes)
            .Add(row.Now.Row.SoleSuspectCrashes)
            .Add((long)row.Now.Row.BlockedReason)
            .Add(row.Now.BackingOff)
            .Add(row.Now.DeadlineDelivered)
            .Add(row.Now.Row.WaitsFor)
            .Add(row.Now.RetryEpoch)
            .Add(row.Now.LastRetry)));
        exchange.Add(MySqlSql.AssertCount).Bind("@count", rows.Count);
    }

    private static void AddEnded(Exchange exchange, List<ExecutionImage> rows, MySqlSql sql)
    {
        if (rows.Count == 0)
        {
            return;
        }

        exchange.AddRows(sql.InsertOutcomes, JsonRows.Of(rows, static row => row.Id, static (json, row) => json
            .Add(row.Now.Row.DueAt.Micros)
            .Add(row.Now.Row.Epoch)
            .Add((long)row.Now.Row.State)
            .Add(row.Now.Row.FinishedAt?.Micros)
            .Add(row.Now.Row.SettledEpoch)
            .Add(row.Now.Row.Attempt)
            .Add(row.Now.Row.LastSeq)
            .Add(row.Now.CrashSeq)
            .Add(row.Now.Row.Mail)
            .Add(row.Now.Row.Crashes)
            .Add(row.Now.Row.BarrenCrashes)
            .Add(row.Now.Row.SoleSuspectCrashes)
            .Add(row.Now.BackingOff)
            .Add(row.Now.DeadlineDelivered)
            .Add(row.Now.Row.WaitsFor)
            .Add(row.Now.RetryEpoch)
            .Add(row.Now.LastRetry)
            .Add(row.Before.Row.Epoch)
            .Add(row.Before.Row.Owner.Value)));
        exchange.AddRows(sql.DeleteEnded, JsonRows.Of(rows, static row => row.Id, static (json, row) => json
            .Add(row.Before.Row.Epoch)
            .Add(row.Before.Row.Owner.Value)));
        exchange.Add(MySqlSql.AssertCount).Bind("@count", rows.Count);
    }
}
