using Hydra.Sqlite.Connections;

namespace Hydra.Sqlite.Transitions;

/// <summary>Makes due what is held back by something that went wrong.</summary>
internal sealed class RetryTransition(Connection connection, string @namespace, WriteTransitions transitions)
{
    private readonly Statement _read = connection.Prepare(SqliteSql.ReadRetry, @namespace);
    private readonly Statement _retry = connection.Prepare(SqliteSql.Retry, @namespace);
    private readonly Statement _forget = connection.Prepare(SqliteSql.ForgetRefusals);

    public OperationAnswer Retry(RetryOperation retry)
    {
        if (transitions.Fence.Read(retry.Id) is not { } fence)
        {
            return new OperationAnswer { Kind = AnswerKind.NotFound, Id = retry.Id };
        }

        var (lastRetry, isDue, reason, stepWaits) = Read(fence.Number);
        if (lastRetry == retry.OperationId)
        {
            return Answer(retry, AnswerKind.Due, fence.State); // It took effect, whatever has happened since.
        }

        if (fence.State.IsTerminal())
        {
            return Answer(retry, AnswerKind.AlreadyEnded, fence.State);
        }

        var isHeldBack = fence.State switch
        {
            ExecutionState.Blocked => true,
            ExecutionState.Pending => fence.Began || isDue,
            ExecutionState.Sleeping or ExecutionState.Waiting => isDue || stepWaits,
            _ => false,
        };
        if (!isHeldBack)
        {
            return Answer(retry, AnswerKind.NothingToRetry, fence.State);
        }

        if (fence.State == ExecutionState.Blocked)
        {
            _forget.Bind(1, fence.Number).Run();
        }

        var changed = _retry.Bind(2, fence.Number)
            .Bind(3, transitions.Now.Micros)
            .Bind(4, retry.OperationId)
            .Bind(5, reason == BlockedReason.Quarantined ? 1 : 0)
            .Run();
        var state = fence.State == ExecutionState.Blocked ? ExecutionState.Pending : fence.State;
        return changed == 1
            ? Answer(retry, AnswerKind.Due, state)
            : throw new StoreException(
                StoreErrorKind.Deterministic, $"Execution {retry.Id} was found unowned and yet could not be retried.");
    }

    private (long LastRetry, bool IsDue, BlockedReason Reason, bool StepWaits) Read(long number)
    {
        _read.Bind(2, number).Bind(3, transitions.Now.Micros).Step();
        var answer = (
            _read.Number(0), _read.Instant(1) <= transitions.Now, (BlockedReason)_read.Int(2), _read.Int(3) != 0);
        _read.Reset();
        return answer;
    }

    private static OperationAnswer Answer(RetryOperation retry, AnswerKind kind, ExecutionState state) =>
        new() { Kind = kind, Id = retry.Id, State = state };
}
