namespace Hydra.Relational.Deciding;

/// <summary>Makes due what is held back by something that went wrong.</summary>
internal static class RetryDecision
{
    public static OperationAnswer Decide(RetryOperation retry, TransactionImage image)
    {
        var execution = image.Find(retry.Id);
        return new OperationAnswer
        {
            Kind = execution is null ? AnswerKind.NotFound : Decide(retry, execution, image),
            Id = retry.Id,
            State = execution?.Now.Row.State ?? ExecutionState.Pending,
        };
    }

    private static AnswerKind Decide(RetryOperation retry, ExecutionImage execution, TransactionImage image)
    {
        if (execution.Now.LastRetry == retry.OperationId)
        {
            return AnswerKind.Due; // It took effect, whatever has happened since.
        }

        var row = execution.Now.Row;
        if (row.State.IsTerminal())
        {
            return AnswerKind.AlreadyEnded;
        }

        if (!IsHeldBack(execution, image.Now))
        {
            return AnswerKind.NothingToRetry;
        }

        // No build would claim what it has refused.
        image.Writes.Refusals.RemoveAll(refusal => refusal.Execution == row.Id);
        image.Writes.ForgottenRefusals.Add(row.Id);
        var quarantined = row.BlockedReason == BlockedReason.Quarantined;
        execution.Become(execution.Now with
        {
            Row = row with
            {
                State = row.State == ExecutionState.Blocked ? ExecutionState.Pending : row.State,
                BlockedReason = BlockedReason.None,
                DueAt = Instant.Min(row.DueAt, image.Now),
                BarrenCrashes = quarantined ? 0 : row.BarrenCrashes,
                SoleSuspectCrashes = quarantined ? 0 : row.SoleSuspectCrashes,
            },
            RetryEpoch = row.Epoch,
            LastRetry = retry.OperationId,
        });
        return AnswerKind.Due;
    }

    /// <summary>Whether its time is not one that its own code or its start asked for, or has come.</summary>
    private static bool IsHeldBack(ExecutionImage execution, Instant now)
    {
        var row = execution.Now.Row;
        return row.State switch
        {
            ExecutionState.Blocked => true,
            ExecutionState.Pending => row.StartedAt is not null || row.DueAt <= now,
            ExecutionState.Sleeping or ExecutionState.Waiting =>
                row.DueAt <= now || execution.Waiting.Exists(waiting =>
                    waiting.ExecutionAttempt == row.Attempt && waiting.Epoch > execution.Now.RetryEpoch
                    && waiting.RetryAt > now),
            _ => false,
        };
    }
}
