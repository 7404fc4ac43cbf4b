namespace Hydra.Relational.Deciding;

/// <summary>Ends executions at once, whatever they do; their owners are fenced by a new epoch.</summary>
internal static class TerminateDecision
{
    public static OperationAnswer Decide(TerminateOperation terminate, TransactionImage image)
    {
        if (image.Find(terminate.Id) is not { } execution)
        {
            return new OperationAnswer { Kind = AnswerKind.NotFound, Id = terminate.Id };
        }

        var kind = AnswerKind.Ended;
        if (!execution.Now.Row.State.IsTerminal())
        {
            EndDecision.End(execution, ExecutionState.Cancelled, terminate.Failure, image);
        }
        else if (execution.End is not { Failed: true, Worker: "" } end || end.Output != terminate.Failure)
        {
            kind = AnswerKind.AlreadyEnded; // It was not this very termination that ended it.
        }

        return new OperationAnswer { Kind = kind, Id = terminate.Id, State = execution.Now.Row.State };
    }
}
