namespace Hydra.Relational.Deciding;

/// <summary>
/// Decides what a start inserts, and tells what became of it once it is there or its id or key was found taken.
/// </summary>
internal static class StartDecision
{
    /// <summary>
    /// The row that a start inserts: owned at once by a living session that asks for it, or left to whoever claims it.
    /// </summary>
    public static ExecutionRow Row(StartOperation start, Instant now, bool sessionExists)
    {
        var dueAt = Instant.Max(now, start.DueAt ?? now.Plus(start.Delay));
        var direct = start.Owner != SessionId.None && dueAt == now && sessionExists;
        return new ExecutionRow
        {
            Id = start.Id,
            Workflow = start.Workflow,
            Key = start.Key,
            InputHash = start.InputHash,
            Priority = start.Priority,
            MaxAttempts = start.MaxAttempts,
            RetryBackoff = start.RetryBackoff,
            CreatedAt = now,
            State = direct ? ExecutionState.Running : ExecutionState.Pending,
            Epoch = direct ? 1 : 0,
            Owner = direct ? start.Owner : SessionId.None,
            DueAt = dueAt,
            Deadline = start.Timeout is { } timeout ? dueAt.Plus(timeout) : null,
            StartedAt = direct ? now : null,
            LastSeq = start.LastSeq,
        };
    }

    /// <summary>Whether an execution with the start's own id or key is among those read.</summary>
    public static bool CanDecide(StartOperation start, TransactionImage image) =>
        image.Find(start.Id) is not null || (start.Key is { } key && image.FindKey(key) is not null);

    /// <summary>
    /// What the others of a batch hear when one start cannot be decided although the batch has been committed: what had
    /// its id or key was removed between the insertion and the look.
    /// </summary>
    public static StoreException LeftUndecided() => new(
        StoreErrorKind.InDoubt,
        "What had held the id or key of a start was removed meanwhile, and the others of its batch may have been "
        + "written. Commit the same again.");

    /// <summary>Looks for the execution under the start's own id first, then under its key.</summary>
    public static OperationAnswer Decide(StartOperation start, TransactionImage image)
    {
        if (image.Find(start.Id) is { } own)
        {
            var row = own.Now.Row;
            var owned = start.Owner != SessionId.None && row.Epoch == 1 && row.Owner == start.Owner;
            return new OperationAnswer
            {
                Kind = AnswerKind.Started,
                Id = start.Id,
                Owned = owned,
                // A direct start is due when its attempt begins; later transitions may have moved what is due.
                DueAt = owned ? row.StartedAt ?? row.DueAt : row.DueAt,
                State = row.State,
            };
        }

        if (start.Key is not { } key || image.FindKey(key) is not { } holder)
        {
            // The other transaction that had the key was undone between two statements of this one.
            throw new StoreException(
                StoreErrorKind.RolledBack, $"Execution {start.Id} was not inserted. Nothing was written; start again.");
        }

        var taken = holder.Now.Row;
        return new OperationAnswer
        {
            Kind = start.Repeats(taken.Workflow, taken.InputHash) ? AnswerKind.Existing : AnswerKind.Conflict,
            Id = taken.Id,
            DueAt = taken.DueAt,
            State = taken.State,
        };
    }
}
