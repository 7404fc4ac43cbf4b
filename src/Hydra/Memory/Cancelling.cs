using Hydra.Storage;

namespace Hydra.Memory;

/// <summary>Asks an execution to stop: at once where no code of its is under way, through its mail otherwise.</summary>
internal static class Cancelling
{
    public static OperationAnswer Cancel(NamespaceTables tables, CancelOperation cancel, Instant now)
    {
        var execution = tables.Find(cancel.Id);
        var kind = execution is null ? AnswerKind.NotFound : Cancel(tables, execution, cancel, now);
        return new OperationAnswer
        {
            Kind = kind,
            Id = cancel.Id,
            State = execution?.Row.State ?? ExecutionState.Pending,
        };
    }

    private static AnswerKind Cancel(
        NamespaceTables tables, StoredExecution execution, CancelOperation cancel, Instant now)
    {
        var row = execution.Row;
        if (row.State.IsTerminal())
        {
            return AnswerKind.AlreadyEnded;
        }

        if (execution.NeverBegan || execution.BetweenAttempts)
        {
            Settling.End(tables, execution, ExecutionState.Cancelled, cancel.Failure, now);
            return AnswerKind.Ended;
        }

        if (!row.Requests.HasFlag(ExecutionRequests.Cancel))
        {
            tables.Update(execution, row with
            {
                Requests = row.Requests | ExecutionRequests.Cancel,
                Mail = row.Mail + 1,
                DueAt = execution.AwaitsClaim ? now : row.DueAt,
            });
        }

        return row.State == ExecutionState.Blocked ? AnswerKind.Blocked : AnswerKind.Requested;
    }
}
