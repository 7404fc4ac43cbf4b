using Hydra.Engine.Workers;
using Hydra.Storage;

namespace Hydra.Engine.Observing;

/// <content>What is read when somebody collects: the state of this process, and that of the namespace.</content>
internal sealed partial class EngineMetrics
{
    private Worker? _worker;
    private CountWatch? _counts;

    /// <summary>Tells where the state is read.</summary>
    public void Attach(Worker? worker, CountWatch counts) => (_worker, _counts) = (worker, counts);

    /// <summary>Reads a gauge; one that cannot be read is left out.</summary>
    public IEnumerable<(string? Workflow, double Value)> Read(
        Func<EngineMetrics, IEnumerable<(string? Workflow, double Value)>> read)
    {
        try
        {
            return [.. read(this)];
        }
        catch (Exception) // Of a mistake of ours only this gauge is missing, and nobody's collection fails.
        {
            return [];
        }
    }

    public IEnumerable<(string? Workflow, double Value)> Active() => _worker is null
        ? []
        : _worker.CountActive().Select(pair => ((string?)LabelOf(pair.Key), (double)pair.Value));

    public IEnumerable<(string? Workflow, double Value)> Slots() =>
        _worker is null ? [] : [(null, _worker.Capacity)];

    public IEnumerable<(string? Workflow, double Value)> SlotsInUse() =>
        _worker is null ? [] : [(null, _worker.Capacity - _worker.FreeSlots)];

    public IEnumerable<(string? Workflow, double Value)> Due() => Workflows(
        static counts => counts.Due.Select(static due => (due.Workflow, due.Count)));

    public IEnumerable<(string? Workflow, double Value)> OldestDue() => Counts(static it => Math.Max(
        0, it.OldestDueAt is { } oldest ? it.Counts.Now.Since(oldest).TotalSeconds : 0));

    public IEnumerable<(string? Workflow, double Value)> Quarantined() => Blocked(BlockedReason.Quarantined);

    public IEnumerable<(string? Workflow, double Value)> Mismatched() => Blocked(BlockedReason.Mismatch);

    public IEnumerable<(string? Workflow, double Value)> LiveWorkers() =>
        Counts(static statistics => statistics.LiveWorkers.Count);

    private IEnumerable<(string? Workflow, double Value)> Blocked(BlockedReason reason) => Workflows(
        counts => counts.Executions
            .Where(count => count.BlockedReason == reason)
            .Select(static count => (count.Workflow, count.Count)));

    private IEnumerable<(string? Workflow, double Value)> Counts(Func<Statistics, double> read) =>
        _counts?.Last() is { } last ? [(null, read(last))] : [];

    /// <summary>By workflow; those of the worker that are not there are told as none.</summary>
    private IEnumerable<(string? Workflow, double Value)> Workflows(
        Func<ExecutionCounts, IEnumerable<(string Workflow, long Count)>> read)
    {
        if (_counts?.Last() is not { } last)
        {
            return [];
        }

        var none = _worker?.Workflows.Select(static workflow => (Workflow: workflow, Count: 0L)) ?? [];
        return read(last.Counts).Concat(none)
            .GroupBy(count => LabelOf(count.Workflow))
            .Select(static counts => ((string?)counts.Key, (double)counts.Sum(static count => count.Count)));
    }
}
