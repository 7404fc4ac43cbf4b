using Hydra.Sqlite.Connections;
using Hydra.Sqlite.Reading;

namespace Hydra.Sqlite.Transitions;

/// <summary>
/// Starts executions: owned at once by the session that started them, or left to whoever claims them.
/// </summary>
internal sealed class StartTransition(Connection connection, string @namespace, WriteTransitions transitions)
{
    private readonly Statement _insert = connection.Prepare(SqliteSql.InsertExecution, @namespace);
    private readonly Statement _findStarted = connection.Prepare(SqliteSql.FindStarted, @namespace);
    private readonly Statement _findKey = connection.Prepare(SqliteSql.FindTakenKey, @namespace);

    public OperationAnswer Start(StartOperation start, ref SessionCheck sessions)
    {
        var now = transitions.Now;
        var dueAt = Instant.Max(now, start.DueAt ?? now.Plus(start.Delay));
        var direct = start.Owner != SessionId.None && dueAt == now && sessions.Exists(start.Owner);
        var key = new ExecutionKey(start.Id);
        key.Bind(_insert)
            .Bind(4, start.Workflow)
            .Bind(5, start.Key)
            .Bind(6, start.InputHash)
            .Bind(7, (long)start.Priority)
            .Bind(8, start.MaxAttempts)
            .Bind(9, Rows.Micros(start.RetryBackoff))
            .Bind(10, now.Micros)
            .Bind(11, (long)(direct ? ExecutionState.Running : ExecutionState.Pending))
            .Bind(12, direct ? 1 : 0)
            .Bind(13, direct ? start.Owner.Value : 0)
            .Bind(14, dueAt.Micros)
            .Bind(15, start.Timeout is { } timeout ? dueAt.Plus(timeout) : null)
            .Bind(16, direct ? now : null);
        if (_insert.Run() == 0)
        {
            return FindOwn(start, key) ?? FindTaken(start);
        }

        transitions.Journal.Append(start.Id, key, start.Input with { At = now, StartedAt = now });
        return new OperationAnswer
        {
            Kind = AnswerKind.Started,
            Id = start.Id,
            Owned = direct,
            DueAt = dueAt,
            State = direct ? ExecutionState.Running : ExecutionState.Pending,
        };
    }

    /// <summary>Finds that this very start has been made before.</summary>
    private OperationAnswer? FindOwn(StartOperation start, in ExecutionKey key)
    {
        key.Bind(_findStarted);
        if (!_findStarted.Step())
        {
            return null;
        }

        var owned = start.Owner != SessionId.None
            && _findStarted.Number(0) == 1 && _findStarted.Number(1) == start.Owner.Value;
        var answer = new OperationAnswer
        {
            Kind = AnswerKind.Started,
            Id = start.Id,
            Owned = owned,
            // A direct start is due when its attempt begins; later claims and settlements may have moved what is due.
            DueAt = owned ? _findStarted.Instant(4) : _findStarted.Instant(2),
            State = (ExecutionState)_findStarted.Int(3),
        };
        _findStarted.Reset();
        return answer;
    }

    private OperationAnswer FindTaken(StartOperation start)
    {
        _findKey.Bind(2, start.Id.Shard).Bind(3, start.Key);
        if (!_findKey.Step())
        {
            throw new StoreException(
                StoreErrorKind.Deterministic, $"Execution {start.Id} could not be inserted, though nothing is in "
                    + "its way.");
        }

        var same = _findKey.Text(1) == start.Workflow && _findKey.Text(2) == start.InputHash;
        var answer = new OperationAnswer
        {
            Kind = same ? AnswerKind.Existing : AnswerKind.Conflict,
            Id = _findKey.Id(0),
            DueAt = _findKey.Instant(3),
            State = (ExecutionState)_findKey.Int(4),
        };
        _findKey.Reset();
        return answer;
    }
}
