namespace Hydra.Relational.Deciding;

/// <summary>Tells what became of a start once the database has inserted it, or has found its id or key taken.</summary>
internal static class StartDecision
{
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
