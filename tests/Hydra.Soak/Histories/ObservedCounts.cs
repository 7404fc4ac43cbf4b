using Hydra.Storage;

namespace Hydra.Soak.Histories;

/// <summary>How many executions were listed and counted, by state, while nothing changed.</summary>
/// <param name="Acknowledged">How many starts had been acknowledged before the list was read.</param>
/// <param name="Asked">How many starts had been asked for, one per key, when it had been read.</param>
/// <param name="Listed">How many of the list were in which state.</param>
/// <param name="Counted">How many the statistics say there are.</param>
internal sealed record ObservedCounts(
    int Acknowledged,
    int Asked,
    IReadOnlyDictionary<ExecutionState, long> Listed,
    IReadOnlyDictionary<ExecutionState, long> Counted)
{
    public static ObservedCounts Of(
        int acknowledged, int asked, IReadOnlyList<ExecutionRow> rows, Statistics statistics) => new(
            acknowledged,
            asked,
            rows.GroupBy(row => row.State).ToDictionary(group => group.Key, group => (long)group.Count()),
            statistics.Counts.Executions.GroupBy(count => count.State)
                .ToDictionary(group => group.Key, group => group.Sum(count => count.Count)));
}
