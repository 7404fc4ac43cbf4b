using System.Collections.Immutable;
using Hydra.Storage;

namespace Hydra.Memory;

/// <summary>All that is kept of one execution. Only <see cref="NamespaceTables"/> changes it, under the lock.</summary>
internal sealed class StoredExecution(ExecutionRow row)
{
    public ExecutionId Id => Row.Id;

    public ExecutionRow Row { get; set; } = row;

    /// <summary>Where it came from; null when a caller has simply started it. Never changes.</summary>
    public Origin? Origin { get; init; }

    /// <summary>Whether it waits for its next attempt. What was handed back does not: it is within one.</summary>
    public bool BetweenAttempts { get; set; }

    /// <summary>Whether its code has been told of its deadline, which then counts for nothing any more.</summary>
    public bool DeadlineDelivered { get; set; }

    /// <summary>The last seq of its journal when it crashed last; only what came later is progress.</summary>
    public long CrashSeq { get; set; }

    /// <summary>Up to which epoch failed tries of steps make nobody wait: somebody wanted them tried again.</summary>
    public long RetryEpoch { get; set; }

    /// <summary>The number of the last retry that took effect.</summary>
    public long LastRetry { get; set; }

    /// <summary>Its entries; their seqs are gap-free, so each stands at its seq.</summary>
    public List<JournalEntry> Journal { get; } = [];

    public ImmutableSortedDictionary<TryKey, StepTry> Tries { get; set; } =
        ImmutableSortedDictionary<TryKey, StepTry>.Empty;

    public ImmutableArray<CrashRow> Crashes { get; set; } = [];

    public ImmutableArray<RefusalRow> Refusals { get; set; } = [];

    /// <summary>The transaction that touched it last, so that each saves it only once.</summary>
    public long Transaction { get; set; }

    public long LastSeq => Journal.Count - 1;

    /// <summary>Whether it is for any worker to take, now or later: neither owned nor held back nor ended.</summary>
    public bool AwaitsClaim => Row.State is ExecutionState.Pending or ExecutionState.Sleeping or ExecutionState.Waiting;

    public bool NeverBegan => Row.StartedAt is null;

    /// <summary>Whether a crash more would be its third or later without progress.</summary>
    public bool IsSuspect => Row.BarrenCrashes >= 2;

    /// <summary>Whether a build has found that its code does not match the journal.</summary>
    public bool IsRefusedBy(string build)
    {
        foreach (var refusal in Refusals)
        {
            if (refusal.Build == build)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Its deadline as long as that still matters.</summary>
    public Instant? OpenDeadline => DeadlineDelivered ? null : Row.Deadline;

    /// <summary>When it is due if it is to wake then: not before now, and its deadline may come first.</summary>
    public Instant DueAt(Instant wakeAt, Instant now) =>
        Instant.Max(now, Instant.Min(wakeAt, OpenDeadline ?? Instant.Never));

    /// <summary>Its entries behind a seq.</summary>
    public List<JournalEntry> EntriesAfter(long seq, int limit = int.MaxValue)
    {
        var start = (int)Math.Clamp(seq, -1, LastSeq) + 1;
        return Journal.GetRange(start, Math.Min(limit, Journal.Count - start));
    }
}
