using Hydra.Storage;

namespace Hydra.Memory;

/// <summary>Makes due what is held back by something that went wrong.</summary>
internal static class Retrying
{
    public static OperationAnswer Retry(NamespaceTables tables, RetryOperation retry, Instant now)
    {
        var execution = tables.Find(retry.Id);
        var kind = execution is null ? AnswerKind.NotFound : Retry(tables, execution, retry, now);
        return new OperationAnswer
        {
            Kind = kind,
            Id = retry.Id,
            State = execution?.Row.State ?? ExecutionState.Pending,
        };
    }

    private static AnswerKind Retry(
        NamespaceTables tables, StoredExecution execution, RetryOperation retry, Instant now)
    {
        if (execution.LastRetry == retry.OperationId)
        {
            return AnswerKind.Due; // It took effect, whatever has become of the execution since.
        }

        var row = execution.Row;
        if (row.State.IsTerminal())
        {
            return AnswerKind.AlreadyEnded;
        }

        if (!IsHeldBack(execution, now))
        {
            return AnswerKind.NothingToRetry;
        }

        tables.Touch(execution);
        execution.LastRetry = retry.OperationId;
        execution.RetryEpoch = row.Epoch;
        execution.Refusals = []; // No build would claim what it has refused.
        var quarantined = row.BlockedReason == BlockedReason.Quarantined;
        var retried = row with
        {
            State = row.State == ExecutionState.Blocked ? ExecutionState.Pending : row.State,
            BlockedReason = BlockedReason.None,
            DueAt = Instant.Min(row.DueAt, now),
            BarrenCrashes = quarantined ? 0 : row.BarrenCrashes,
            SoleSuspectCrashes = quarantined ? 0 : row.SoleSuspectCrashes,
        };
        tables.Update(execution, retried, execution.BetweenAttempts);
        return AnswerKind.Due;
    }

    /// <summary>Whether its time is not one that its own code or its start asked for, or has come.</summary>
    private static bool IsHeldBack(StoredExecution execution, Instant now) => execution.Row.State switch
    {
        ExecutionState.Blocked => true,
        ExecutionState.Pending => !execution.NeverBegan || execution.Row.DueAt <= now,
        ExecutionState.Sleeping or ExecutionState.Waiting =>
            execution.Row.DueAt <= now || execution.Tries.Values.Any(row => HoldsBack(row, execution, now)),
        _ => false,
    };

    private static bool HoldsBack(StepTry row, StoredExecution execution, Instant now) =>
        row.Phase == TryPhase.Failed && row.ExecutionAttempt == execution.Row.Attempt
        && row.Epoch > execution.RetryEpoch && row.RetryAt > now;
}
