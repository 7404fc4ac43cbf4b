using Hydra.Storage;

namespace Hydra.Memory;

/// <summary>Inserts an execution, due for anyone or owned from the start.</summary>
internal static class Starting
{
    public static OperationAnswer Start(NamespaceTables tables, StartOperation start, Instant now)
    {
        if (tables.Find(start.Id) is { } own)
        {
            return Answer(AnswerKind.Started, own, start);
        }

        if (start.Key is not null && tables.FindByKey(start.Key) is { } holder)
        {
            var same = start.Repeats(holder.Row.Workflow, holder.Row.InputHash);
            return Answer(same ? AnswerKind.Existing : AnswerKind.Conflict, holder, start);
        }

        if (start.Input.Seq != 0)
        {
            throw Committing.Bad(start, $"the input has seq {start.Input.Seq} instead of 0");
        }

        var execution = new StoredExecution(NewRow(tables, start, now)) { Origin = start.Origin };
        tables.Add(execution);
        tables.Append(execution, start.Input with { At = now, StartedAt = now });
        execution.Journal.AddRange(start.Prefix);
        return Answer(AnswerKind.Started, execution, start);
    }

    private static ExecutionRow NewRow(NamespaceTables tables, StartOperation start, Instant now)
    {
        var dueAt = Instant.Max(now, start.DueAt ?? now.Plus(start.Delay));
        var direct = dueAt == now && tables.Sessions.ContainsKey(start.Owner.Value);
        return new ExecutionRow
        {
            Id = start.Id,
            Workflow = start.Workflow,
            Key = start.Key,
            State = direct ? ExecutionState.Running : ExecutionState.Pending,
            Priority = start.Priority,
            Epoch = direct ? 1 : 0,
            Owner = direct ? start.Owner : SessionId.None,
            DueAt = dueAt,
            Deadline = start.Timeout is { } timeout ? dueAt.Plus(timeout) : null,
            MaxAttempts = start.MaxAttempts,
            RetryBackoff = Committing.ToMicroseconds(start.RetryBackoff),
            LastSeq = start.LastSeq,
            InputHash = start.InputHash,
            CreatedAt = now,
            StartedAt = direct ? now : null,
        };
    }

    private static OperationAnswer Answer(AnswerKind kind, StoredExecution execution, StartOperation start)
    {
        var row = execution.Row;
        var owned = kind == AnswerKind.Started && start.Owner != SessionId.None
            && row.Owner == start.Owner && row.Epoch == 1;
        return new OperationAnswer
        {
            Kind = kind,
            Id = row.Id,
            Owned = owned,
            DueAt = owned && row.StartedAt is { } startedAt ? startedAt : row.DueAt,
            State = row.State,
        };
    }
}
