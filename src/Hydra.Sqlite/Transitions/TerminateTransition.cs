using Hydra.Sqlite.Connections;

namespace Hydra.Sqlite.Transitions;

/// <summary>Ends executions at once, whatever they do; their owners are fenced by a new epoch.</summary>
internal sealed class TerminateTransition(Connection connection, string @namespace, WriteTransitions transitions)
{
    private readonly Statement _terminate = connection.Prepare(SqliteSql.Terminate, @namespace);
    private readonly Statement _readEnd = connection.Prepare(SqliteSql.ReadEnd);

    public OperationAnswer Terminate(TerminateOperation terminate)
    {
        if (transitions.Fence.Read(terminate.Id) is not { } fence)
        {
            return new OperationAnswer { Kind = AnswerKind.NotFound, Id = terminate.Id };
        }

        if (fence.State.IsTerminal())
        {
            var kind = IsThere(fence.Number, terminate) ? AnswerKind.Ended : AnswerKind.AlreadyEnded;
            return new OperationAnswer { Kind = kind, Id = terminate.Id, State = fence.State };
        }

        var seq = transitions.Ending.Append(fence with { Epoch = fence.Epoch + 1 }, terminate.Failure);
        var changed = _terminate.Bind(2, fence.Number)
            .Bind(3, fence.Epoch)
            .Bind(4, transitions.Now.Micros)
            .Bind(5, seq)
            .Run();
        return changed == 1
            ? new OperationAnswer { Kind = AnswerKind.Ended, Id = terminate.Id, State = ExecutionState.Cancelled }
            : throw new StoreException(
                StoreErrorKind.Deterministic, $"Execution {terminate.Id} was found live and yet could not be ended.");
    }

    /// <summary>Whether this very termination is what ended it.</summary>
    private bool IsThere(long number, TerminateOperation terminate)
    {
        var isThere = _readEnd.Bind(1, number).Step()
            && _readEnd.Int(0) != 0 && _readEnd.Text(1).Length == 0 && _readEnd.Payload(2) == terminate.Failure;
        _readEnd.Reset();
        return isThere;
    }
}
