using Hydra.Storage;

namespace Hydra.Memory;

/// <summary>Appends to an owned execution's journal and may end the ownership, fenced by epoch and owner.</summary>
internal static class Advancing
{
    public static OperationAnswer Advance(
        NamespaceTables tables, SessionId session, AdvanceOperation advance, Instant now)
    {
        if (tables.Find(advance.Id) is not { } execution)
        {
            return new OperationAnswer { Kind = AnswerKind.Fenced, Id = advance.Id };
        }

        var row = execution.Row;
        if (session == SessionId.None || row.Owner != session || row.Epoch != advance.Epoch)
        {
            return Answer(WasApplied(execution, advance) ? AnswerKind.Applied : AnswerKind.Fenced, execution);
        }

        var isNew = AppendEntries(tables, execution, advance);
        AddTries(tables, execution, advance.Tries);
        if (advance.Delivered != ExecutionRequests.None && isNew)
        {
            tables.Update(execution, row with { Requests = row.Requests & ~advance.Delivered });
        }

        var kind = advance.Settlement is { } settlement
            ? Settling.Settle(tables, execution, advance, settlement, now)
            : AnswerKind.Applied;
        return Answer(kind, execution);
    }

    /// <summary>
    /// Whether this very operation was applied before its owner lost the execution or gave it back. What settled under
    /// its epoch may have been another operation, so a settlement without its entries shows nothing. Nor does an entry
    /// of another time, which another owner has written under the same epoch because the database lost commits.
    /// </summary>
    private static bool WasApplied(StoredExecution execution, AdvanceOperation advance) => advance.Entries.Count > 0
        ? advance.Entries[^1].Seq is var last and >= 0 && last <= execution.LastSeq
            && execution.Journal[(int)last] is { } there && there.Epoch == advance.Epoch
            && there.At == advance.Entries[^1].At
        : advance.Settlement is not null && execution.Row.SettledEpoch == advance.Epoch;

    /// <summary>Appends what is not there yet, and tells whether this is the first time for the operation.</summary>
    private static bool AppendEntries(NamespaceTables tables, StoredExecution execution, AdvanceOperation advance)
    {
        var isNew = advance.Entries.Count == 0;
        foreach (var entry in advance.Entries)
        {
            if (entry.Seq > execution.LastSeq + 1)
            {
                throw Committing.Differs(advance, $"seq {entry.Seq} does not follow seq {execution.LastSeq}");
            }

            if (entry.Seq == execution.LastSeq + 1)
            {
                tables.Append(execution, entry);
                isNew = true;
            }
            else if (entry.Seq < 0 || execution.Journal[(int)entry.Seq].Epoch != entry.Epoch)
            {
                throw Committing.Differs(advance, $"seq {entry.Seq} is there already, from another epoch");
            }
        }

        return isNew;
    }

    private static void AddTries(NamespaceTables tables, StoredExecution execution, IReadOnlyList<StepTry> tries)
    {
        if (tries.Count == 0)
        {
            return;
        }

        tables.Touch(execution);
        foreach (var row in tries)
        {
            if (!execution.Tries.ContainsKey(TryKey.Of(row)))
            {
                execution.Tries = execution.Tries.Add(TryKey.Of(row), row);
            }
        }
    }

    private static OperationAnswer Answer(AnswerKind kind, StoredExecution execution) => new()
    {
        Kind = kind,
        Id = execution.Id,
        Mail = execution.Row.Mail,
        Requests = execution.Row.Requests,
        State = execution.Row.State,
    };
}
