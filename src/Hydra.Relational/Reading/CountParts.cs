using System.Data.Common;

namespace Hydra.Relational.Reading;

/// <summary>What a count of executions is made of: parts over a bounded number of rows each.</summary>
internal static class CountParts
{
    /// <summary>A workflow, a state, a reason and how many.</summary>
    public static ExecutionCount Read(DbDataReader row) => new(
        row.GetString(0),
        (ExecutionState)row.GetInt32(1),
        (BlockedReason)row.GetInt32(2),
        row.GetInt64(3),
        AtLeast: false);

    /// <summary>Says of the groups of one part whether it was cut off: it has as many rows as allowed then.</summary>
    public static IEnumerable<ExecutionCount> Cut(IReadOnlyCollection<ExecutionCount> part, int limit)
    {
        var atLeast = part.Sum(static count => count.Count) >= limit;
        return part.Select(count => count with { AtLeast = atLeast });
    }

    /// <summary>The same for the newest, of which only the states count that no other part has.</summary>
    public static IEnumerable<ExecutionCount> CutNewest(IReadOnlyCollection<ExecutionCount> newest, int limit) =>
        Cut(newest, limit).Where(static count => count.State is ExecutionState.Completed or ExecutionState.Paused);

    public static ExecutionCounts Order(
        Instant now, IEnumerable<ExecutionCount> counts, IEnumerable<DueCount> due) => new(
        now,
        [
            .. counts.OrderBy(static count => count.Workflow, StringComparer.Ordinal)
                .ThenBy(static count => count.State)
                .ThenBy(static count => count.BlockedReason),
        ],
        [.. due.OrderBy(static one => one.Workflow, StringComparer.Ordinal)]);
}
