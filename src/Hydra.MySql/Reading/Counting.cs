using Hydra.MySql.Connections;
using Hydra.Relational.Reading;

namespace Hydra.MySql.Reading;

/// <summary>Counts executions, each part over a bounded number of rows of one index.</summary>
/// <remarks>
/// Neither database jumps over an index by a walk in SQL, so the workflows of unowned executions are asked for one
/// after the other, a round trip each.
/// </remarks>
internal sealed class Counting(Database database)
{
    private static readonly ExecutionState[] RareEnds =
        [ExecutionState.Failed, ExecutionState.Cancelled, ExecutionState.TimedOut];

    public Task<ExecutionCounts> CountAsync(int limit, CancellationToken cancellationToken) => database.ReadAsync(
        async exchange =>
        {
            var workflows = await ReadWorkflowsAsync(exchange, database, cancellationToken);
            Add(exchange, workflows, limit);
            await exchange.SendAsync(cancellationToken);
            var now = await exchange.ReadNowAsync();
            var counts = new List<ExecutionCount>();
            var due = new List<DueCount>();
            foreach (var workflow in workflows)
            {
                counts.AddRange(CountParts.Cut(await exchange.ReadAsync(CountParts.Read, cancellationToken), limit));
                if (await ReadDueAsync(exchange, workflow, limit, cancellationToken) is { } found)
                {
                    due.Add(found);
                }
            }

            for (var part = 0; part < 2 + RareEnds.Length; part++) // Owned, blocked, and each rare end.
            {
                counts.AddRange(CountParts.Cut(await exchange.ReadAsync(CountParts.Read, cancellationToken), limit));
            }

            var newest = await exchange.ReadAsync(CountParts.Read, cancellationToken);
            await exchange.EndAsync(cancellationToken);
            counts.AddRange(CountParts.CutNewest(newest, limit));
            return CountParts.Order(now, counts, due);
        },
        cancellationToken);

    /// <summary>The workflows of unowned live executions.</summary>
    public static async Task<List<string>> ReadWorkflowsAsync(
        Exchange exchange, Database database, CancellationToken cancellationToken)
    {
        var workflows = new List<string>();
        var last = "";
        while (true)
        {
            exchange.AddScoped(database.Sql.ReadNextWorkflow).Bind("@workflow", last);
            await exchange.SendAsync(cancellationToken);
            var next = await exchange.ReadAsync(static row => row.GetString(0), cancellationToken);
            await exchange.EndAsync(cancellationToken);
            if (next.Count == 0)
            {
                return workflows;
            }

            last = next[0];
            workflows.Add(last);
        }
    }

    private void Add(Exchange exchange, List<string> workflows, int limit)
    {
        exchange.AddNow();
        foreach (var workflow in workflows)
        {
            exchange.AddScoped(database.Sql.CountUnowned).Bind("@workflow", workflow).Bind("@limit", limit);
            for (var level = 0; level < 8; level++)
            {
                exchange.AddScoped(database.Sql.CountDue)
                    .Bind("@workflow", workflow).Bind("@suspect", level / 4).Bind("@priority", level % 4)
                    .Bind("@limit", limit);
            }
        }

        exchange.AddScoped(database.Sql.CountOwned).Bind("@limit", limit);
        exchange.AddScoped(database.Sql.CountBlocked).Bind("@limit", limit);
        foreach (var state in RareEnds)
        {
            exchange.AddScoped(database.Sql.CountEnded).Bind("@state", (int)state).Bind("@limit", limit);
        }

        exchange.AddScoped(database.Sql.CountNewest).Bind("@limit", limit);
    }

    private static async Task<DueCount?> ReadDueAsync(
        Exchange exchange, string workflow, int limit, CancellationToken cancellationToken)
    {
        var (count, since) = (0L, Instant.Never);
        for (var level = 0; level < 8; level++)
        {
            var (found, first) = await exchange.ReadOneAsync(
                static row => (row.GetInt64(0), Rows.TimeOrNull(row, 1) ?? Instant.Never), cancellationToken);
            (count, since) = (count + found, Instant.Min(since, first));
        }

        return count > 0 ? new DueCount(workflow, Math.Min(count, limit), count >= limit, since) : null;
    }
}
