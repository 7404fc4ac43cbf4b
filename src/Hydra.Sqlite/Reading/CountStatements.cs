using Hydra.Sqlite.Connections;

namespace Hydra.Sqlite.Reading;

/// <summary>Counts executions, each part over a bounded number of rows of one index.</summary>
internal sealed class CountStatements(Connection connection, string @namespace)
{
    private static readonly ExecutionState[] Troubled =
        [ExecutionState.Blocked, ExecutionState.Failed, ExecutionState.Cancelled, ExecutionState.TimedOut];

    private readonly Statement _nextWorkflow = connection.Prepare(SqliteSql.NextDueWorkflow, @namespace);
    private readonly Statement _unowned = connection.Prepare(SqliteSql.CountUnowned, @namespace);
    private readonly Statement _owned = connection.Prepare(SqliteSql.CountOwned, @namespace);
    private readonly Statement _troubled = connection.Prepare(SqliteSql.CountTroubled, @namespace);
    private readonly Statement _newest = connection.Prepare(SqliteSql.CountNewest, @namespace);
    private readonly Statement _due = connection.Prepare(SqliteSql.CountDue, @namespace);

    public ExecutionCounts Count(int limit, Instant now)
    {
        var counts = new List<ExecutionCount>();
        var due = new List<DueCount>();
        foreach (var workflow in Workflows())
        {
            counts.AddRange(Read(_unowned.Bind(2, workflow).Bind(3, limit), limit));
            AddDue(due, workflow, limit, now);
        }

        counts.AddRange(Read(_owned.Bind(3, limit), limit));
        foreach (var state in Troubled)
        {
            counts.AddRange(Read(_troubled.Bind(2, (long)state).Bind(3, limit), limit));
        }

        counts.AddRange(Read(_newest.Bind(3, limit), limit)
            .Where(static count => count.State is ExecutionState.Completed or ExecutionState.Paused));
        return new ExecutionCounts(
            now,
            [
                .. counts.OrderBy(static count => count.Workflow, StringComparer.Ordinal)
                    .ThenBy(static count => count.State)
                    .ThenBy(static count => count.BlockedReason),
            ],
            [.. due.OrderBy(static one => one.Workflow, StringComparer.Ordinal)]);
    }

    private List<string> Workflows()
    {
        var workflows = new List<string>();
        for (var workflow = Next(""); workflow is not null; workflow = Next(workflow))
        {
            workflows.Add(workflow);
        }

        return workflows;
    }

    private string? Next(string after)
    {
        var next = _nextWorkflow.Bind(2, after).Step() ? _nextWorkflow.Text(0) : null;
        _nextWorkflow.Reset();
        return next;
    }

    /// <summary>Reads the groups of one part, which was cut off when it has as many rows as allowed.</summary>
    private static List<ExecutionCount> Read(Statement statement, int limit)
    {
        var counts = Rows.All(statement, static row => new ExecutionCount(
            row.Text(0), (ExecutionState)row.Int(1), (BlockedReason)row.Int(2), row.Number(3), AtLeast: false));
        var atLeast = counts.Sum(static count => count.Count) >= limit;
        return counts.ConvertAll(count => count with { AtLeast = atLeast });
    }

    private void AddDue(List<DueCount> due, string workflow, int limit, Instant now)
    {
        _due.Bind(2, workflow).Bind(3, limit).Bind(4, now.Micros).Step();
        var count = _due.Number(0);
        if (_due.InstantOrNull(1) is { } oldest)
        {
            due.Add(new DueCount(workflow, Math.Min(count, limit), count >= limit, oldest));
        }

        _due.Reset();
    }
}
