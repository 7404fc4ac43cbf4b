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
        var changed = _insert.Bind(2, start.Id)
            .Bind(3, start.Workflow)
            .Bind(4, start.Key)
            .Bind(5, start.InputHash)
            .Bind(6, (long)start.Priority)
            .Bind(7, start.MaxAttempts)
            .Bind(8, Rows.Micros(start.RetryBackoff))
            .Bind(9, now.Micros)
            .Bind(10, (long)(direct ? ExecutionState.Running : ExecutionState.Pending))
            .Bind(11, direct ? 1 : 0)
            .Bind(12, direct ? start.Owner.Value : 0)
            .Bind(13, dueAt.Micros)
            .Bind(14, start.Timeout is { } timeout ? dueAt.Plus(timeout) : null)
            .Bind(15, direct ? now : null)
            .Run();
        if (changed == 0)
        {
            return FindOwn(start) ?? FindTaken(start);
        }

        transitions.Journal.Append(connection.LastInserted, start.Input, now, now);
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
    private OperationAnswer? FindOwn(StartOperation start)
    {
        if (!_findStarted.Bind(2, start.Id).Step())
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
        if (!_findKey.Bind(2, start.Key).Step())
        {
            throw new StoreException(
                StoreErrorKind.Deterministic,
                $"Execution {start.Id} could not be inserted, though nothing is in its way.");
        }

        var same = start.Repeats(_findKey.Text(1), _findKey.Text(2));
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
