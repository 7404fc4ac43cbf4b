using Hydra.Storage;

namespace Hydra.Memory;

/// <summary>Counts executions by workflow and state, with the limits that a database needs.</summary>
internal static class Counting
{
    public static ExecutionCounts Count(NamespaceTables tables, int limit, Instant now)
    {
        var all = tables.Ids.Select(tables.Get).ToList();
        var unowned = all.Where(static execution => execution.AwaitsClaim)
            .GroupBy(static execution => execution.Row.Workflow, StringComparer.Ordinal);
        var rare = all.Where(static execution => execution.Row.State > ExecutionState.Paused
                && execution.Row.State != ExecutionState.Completed)
            .GroupBy(static execution => execution.Row.State);
        var newest = tables.Ids.Reverse().Take(limit).Select(tables.Get).ToList();
        var counts = unowned.SelectMany(group => Count(group, limit))
            .Concat(Count(all.Where(static execution => execution.Row.Owner != SessionId.None), limit))
            .Concat(rare.SelectMany(group => Count(group, limit)))
            .Concat(Count(newest, limit).Where(static count =>
                count.State is ExecutionState.Completed or ExecutionState.Paused))
            .OrderBy(static count => count.Workflow, StringComparer.Ordinal)
            .ThenBy(static count => count.State)
            .ThenBy(static count => count.BlockedReason)
            .ToList();
        return new ExecutionCounts(now, counts, CountDue(all, limit, now));
    }

    private static List<ExecutionCount> Count(IEnumerable<StoredExecution> executions, int limit)
    {
        var counted = executions.Take(limit).ToList();
        return counted.GroupBy(static execution =>
                (execution.Row.Workflow, execution.Row.State, execution.Row.BlockedReason))
            .Select(group => new ExecutionCount(
                group.Key.Workflow, group.Key.State, group.Key.BlockedReason, group.Count(), counted.Count == limit))
            .ToList();
    }

    private static List<DueCount> CountDue(List<StoredExecution> all, int limit, Instant now) => all
        .Where(execution => execution.AwaitsClaim && execution.Row.DueAt <= now)
        .GroupBy(static execution => execution.Row.Workflow, StringComparer.Ordinal)
        .Select(group => new DueCount(
            group.Key,
            Math.Min(group.Count(), limit),
            group.Count() >= limit,
            group.Min(static execution => execution.Row.DueAt)))
        .OrderBy(static due => due.Workflow, StringComparer.Ordinal)
        .ToList();
}
