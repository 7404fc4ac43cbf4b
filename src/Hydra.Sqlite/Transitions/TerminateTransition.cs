using Hydra.Sqlite.Connections;

namespace Hydra.Sqlite.Transitions;

/// <summary>Ends executions at once, whatever they do.</summary>
internal sealed class TerminateTransition(Connection connection, WriteTransitions transitions)
{
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

        transitions.Ending.End(terminate.Id, fence, ExecutionState.Cancelled, terminate.Failure);
        return new OperationAnswer { Kind = AnswerKind.Ended, Id = terminate.Id, State = ExecutionState.Cancelled };
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
