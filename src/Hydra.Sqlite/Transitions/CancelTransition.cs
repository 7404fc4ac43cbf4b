using Hydra.Sqlite.Connections;

namespace Hydra.Sqlite.Transitions;

/// <summary>Asks executions to stop, or ends those whose code has nothing to hear of it.</summary>
internal sealed class CancelTransition(Connection connection, string @namespace, WriteTransitions transitions)
{
    private readonly Statement _request = connection.Prepare(SqliteSql.Request, @namespace);

    public OperationAnswer Cancel(CancelOperation cancel)
    {
        if (transitions.Fence.Read(cancel.Id) is not { } fence)
        {
            return new OperationAnswer { Kind = AnswerKind.NotFound, Id = cancel.Id };
        }

        if (fence.State.IsTerminal())
        {
            return Answer(cancel, AnswerKind.AlreadyEnded, fence);
        }

        if (fence.EndsAtOnce && fence.State == ExecutionState.Pending)
        {
            transitions.Ending.End(cancel.Id, fence, ExecutionState.Cancelled, cancel.Failure);
            return Answer(cancel, AnswerKind.Ended, fence with { State = ExecutionState.Cancelled, Requests = 0 });
        }

        var kind = fence.State == ExecutionState.Blocked ? AnswerKind.Blocked : AnswerKind.Requested;
        if (fence.Requests.HasFlag(ExecutionRequests.Cancel))
        {
            return Answer(cancel, kind, fence);
        }

        var asked = fence with { Requests = fence.Requests | ExecutionRequests.Cancel, Mail = fence.Mail + 1 };
        _request.Bind(2, fence.Number).Bind(3, (long)asked.Requests).Bind(4, transitions.Now.Micros).Run();
        return Answer(cancel, kind, asked);
    }

    private static OperationAnswer Answer(CancelOperation cancel, AnswerKind kind, in Fence fence) => new()
    {
        Kind = kind,
        Id = cancel.Id,
        Mail = fence.Mail,
        Requests = fence.Requests,
        State = fence.State,
    };
}
