using System.Collections.Immutable;
using Hydra.Storage;

namespace Hydra.Memory;

/// <summary>An execution as it was before the running transaction touched it.</summary>
internal readonly struct Saved(StoredExecution execution, bool isNew)
{
    private readonly ExecutionRow _row = execution.Row;
    private readonly bool _betweenAttempts = execution.BetweenAttempts;
    private readonly bool _deadlineDelivered = execution.DeadlineDelivered;
    private readonly long _crashSeq = execution.CrashSeq;
    private readonly long _retryEpoch = execution.RetryEpoch;
    private readonly long _lastRetry = execution.LastRetry;
    private readonly int _entries = execution.Journal.Count;
    private readonly ImmutableSortedDictionary<TryKey, StepTry> _tries = execution.Tries;
    private readonly ImmutableArray<CrashRow> _crashes = execution.Crashes;
    private readonly ImmutableArray<RefusalRow> _refusals = execution.Refusals;

    public StoredExecution Execution => execution;

    /// <summary>Whether it did not exist before.</summary>
    public bool IsNew => isNew;

    public void Restore()
    {
        execution.Row = _row;
        execution.BetweenAttempts = _betweenAttempts;
        execution.DeadlineDelivered = _deadlineDelivered;
        execution.CrashSeq = _crashSeq;
        execution.RetryEpoch = _retryEpoch;
        execution.LastRetry = _lastRetry;
        execution.Journal.RemoveRange(_entries, execution.Journal.Count - _entries);
        execution.Tries = _tries;
        execution.Crashes = _crashes;
        execution.Refusals = _refusals;
    }
}
