using Hydra.Storage;

namespace Hydra.Memory;

/// <summary>Ends an execution at once, whatever it does.</summary>
internal static class Terminating
{
    public static OperationAnswer Terminate(NamespaceTables tables, TerminateOperation terminate, Instant now)
    {
        if (tables.Find(terminate.Id) is not { } execution)
        {
            return new OperationAnswer { Kind = AnswerKind.NotFound, Id = terminate.Id };
        }

        var kind = AnswerKind.Ended;
        if (!execution.Row.State.IsTerminal())
        {
            Settling.End(tables, execution, ExecutionState.Cancelled, terminate.Failure, now);
        }
        else if (execution.Journal[^1] is not { Failed: true, Worker: "" } end || end.Output != terminate.Failure)
        {
            kind = AnswerKind.AlreadyEnded;
        }

        return new OperationAnswer { Kind = kind, Id = terminate.Id, State = execution.Row.State };
    }
}
