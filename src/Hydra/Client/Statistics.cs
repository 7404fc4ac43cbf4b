using Hydra.Storage;

namespace Hydra;

/// <summary>How many executions there are, what is due, and how busy the workers are.</summary>
/// <param name="Namespace">The namespace that was looked at.</param>
/// <param name="Limit">How many rows each of the counts looked at, at most.</param>
/// <param name="Counts">The counts, by workflow and state.</param>
/// <param name="LiveWorkers">The workers whose leases have not ended.</param>
public sealed record Statistics(
    string Namespace, int Limit, ExecutionCounts Counts, IReadOnlyList<SessionRow> LiveWorkers)
{
    /// <summary>How many executions are due and owned by no worker.</summary>
    public long Due => Counts.Due.Sum(static due => due.Count);

    /// <summary>Since when the first of them is due; null when none is.</summary>
    public Instant? OldestDueAt => Counts.Due.Count == 0 ? null : Counts.Due.Min(static due => due.OldestDueAt);

    /// <summary>How many executions the live workers run at most, together.</summary>
    public long Slots => LiveWorkers.Sum(static worker => (long)worker.Concurrency);

    /// <summary>How many executions are owned, those of workers that are gone included.</summary>
    public long SlotsInUse => Sum(static count => count.State == ExecutionState.Running);

    /// <summary>How many are blocked because they crashed their workers again and again.</summary>
    public long Quarantined => Sum(static count => count.BlockedReason == BlockedReason.Quarantined);

    /// <summary>How many are blocked because no build that tried can replay them.</summary>
    public long Mismatched => Sum(static count => count.BlockedReason == BlockedReason.Mismatch);

    /// <summary>Whether any of the counts stopped at the limit, so that there may be more.</summary>
    public bool AtLeast =>
        Counts.Due.Any(static due => due.AtLeast) || Counts.Executions.Any(static count => count.AtLeast);

    private long Sum(Func<ExecutionCount, bool> which) =>
        Counts.Executions.Where(which).Sum(static count => count.Count);
}
