namespace Hydra.Relational.Deciding;

/// <summary>Asks executions to stop, or ends those whose code has nothing to hear of it.</summary>
internal static class CancelDecision
{
    public static OperationAnswer Decide(CancelOperation cancel, TransactionImage image)
    {
        if (image.Find(cancel.Id) is not { } execution)
        {
            return new OperationAnswer { Kind = AnswerKind.NotFound, Id = cancel.Id };
        }

        var row = execution.Now.Row;
        if (row.State.IsTerminal())
        {
            return Answer(AnswerKind.AlreadyEnded, row);
        }

        if (execution.Now.EndsAtOnce && row.State == ExecutionState.Pending)
        {
            EndDecision.End(execution, ExecutionState.Cancelled, cancel.Failure, image);
            return Answer(AnswerKind.Ended, execution.Now.Row);
        }

        if (!row.Requests.HasFlag(ExecutionRequests.Cancel))
        {
            // What waits for a claim is due at once; what runs hears of it from its owner; what is held back stays so.
            var waits = row.State is ExecutionState.Pending or ExecutionState.Sleeping or ExecutionState.Waiting;
            execution.Become(execution.Now with
            {
                Row = row with
                {
                    Requests = row.Requests | ExecutionRequests.Cancel,
                    Mail = row.Mail + 1,
                    DueAt = waits ? image.Now : row.DueAt,
                },
            });
        }

        var kind = row.State == ExecutionState.Blocked ? AnswerKind.Blocked : AnswerKind.Requested;
        return Answer(kind, execution.Now.Row);
    }

    private static OperationAnswer Answer(AnswerKind kind, ExecutionRow row) => new()
    {
        Kind = kind,
        Id = row.Id,
        Mail = row.Mail,
        Requests = row.Requests,
        State = row.State,
    };
}
