namespace Hydra.Relational.Deciding;

/// <summary>Decides what an owner may append, and how its ownership ends.</summary>
internal static class AdvanceDecision
{
    public static OperationAnswer Decide(AdvanceOperation advance, SessionId session, TransactionImage image)
    {
        if (image.Find(advance.Id) is not { } execution)
        {
            return new OperationAnswer { Kind = AnswerKind.Fenced, Id = advance.Id };
        }

        var row = execution.Now.Row;
        if (row.Epoch != advance.Epoch || row.Owner != session || session == SessionId.None)
        {
            return Answer(WasApplied(advance, execution) ? AnswerKind.Applied : AnswerKind.Fenced, row);
        }

        var isNew = AppendEntries(advance, execution, image.Writes);
        if (!isNew || advance.Entries.Count == 0)
        {
            MustEndThere(advance, execution); // What has just been appended is the end.
        }

        foreach (var stepTry in advance.Tries)
        {
            image.Writes.Tries.Add((advance.Id, stepTry));
            if (stepTry is { Phase: TryPhase.Failed, RetryAt: { } retryAt })
            {
                execution.Waiting.Add(new WaitingTry(stepTry.Epoch, stepTry.ExecutionAttempt, retryAt));
            }
        }

        // When it had been applied before, what is requested now was asked later and is not delivered.
        var told = execution.Now with
        {
            Row = row with { Requests = isNew ? row.Requests & ~advance.Delivered : row.Requests },
            DeadlineDelivered = execution.Now.DeadlineDelivered || DeliversTimeout(advance),
        };
        return Settle(advance, told, execution, image);
    }

    /// <summary>
    /// Whether the very operation is there already: its last entry, or, without any, a settlement of its epoch. What
    /// settled under its epoch may have been another one, which knew of no entries.
    /// </summary>
    /// <remarks>
    /// A database that has lost commits may have given the epoch to another owner since. Its entry at that seq has
    /// another time. Its settlement is not told apart: either answer ends an ownership that is over.
    /// </remarks>
    private static bool WasApplied(AdvanceOperation advance, ExecutionImage execution) => advance.Entries.Count > 0
        ? execution.Tail.Has(advance.Entries[^1].Seq, advance.Epoch, advance.Entries[^1].At)
        : advance.Settlement is not null && execution.Now.Row.SettledEpoch == advance.Epoch;

    /// <summary>
    /// Appends the entries, which must continue the journal, and tells whether the last was not there before.
    /// </summary>
    private static bool AppendEntries(AdvanceOperation advance, ExecutionImage execution, BatchWrites writes)
    {
        var isNew = true;
        for (var i = 0; i < advance.Entries.Count; i++)
        {
            var entry = advance.Entries[i];
            var follows = i == 0
                ? execution.Tail.EpochOf(entry.Seq - 1) is not null
                : entry.Seq == advance.Entries[i - 1].Seq + 1;
            if (!follows)
            {
                throw Differs(
                    $"Entry {entry.Seq} of execution {advance.Id} does not follow its journal. Nothing was written.");
            }

            var epoch = execution.Tail.EpochOf(entry.Seq);
            if (epoch is not null && epoch != entry.Epoch)
            {
                throw Differs(
                    $"The journal has an entry {entry.Seq} of epoch {epoch}, so epoch {entry.Epoch} cannot write it. "
                    + "Nothing was written.");
            }

            isNew = epoch is null;
            if (epoch is null)
            {
                execution.Tail.Note(entry.Seq, entry.Epoch, entry.At);
                writes.Entries.Add((advance.Id, entry));
            }
        }

        return isNew;
    }

    /// <summary>Refuses a settlement that is mistaken about where the journal ends.</summary>
    private static void MustEndThere(AdvanceOperation advance, ExecutionImage execution)
    {
        var isRefused = advance.Settlement is Settlement.Suspended suspended
            && suspended.MailSeen != execution.Now.Row.Mail;
        if (advance.Settlement is { LastSeq: not Settlement.Unknown } settlement
            && !isRefused && execution.Tail.LastSeq != settlement.LastSeq)
        {
            throw Differs(
                $"The journal of execution {advance.Id} ends at seq {execution.Tail.LastSeq}, not "
                + $"{settlement.LastSeq}. Nothing was written.");
        }
    }

    private static StoreException Differs(string message) =>
        new(StoreErrorKind.Deterministic, message) { JournalDiffers = true };

    private static OperationAnswer Settle(
        AdvanceOperation advance, StoredExecution told, ExecutionImage execution, TransactionImage image)
    {
        var now = image.Now;
        switch (advance.Settlement)
        {
            case null:
            case Settlement.Suspended suspended when suspended.MailSeen != told.Row.Mail:
                if (advance.Delivered != ExecutionRequests.None || DeliversTimeout(advance))
                {
                    execution.Become(told); // A mere checkpoint leaves the row alone.
                }

                return Answer(advance.Settlement is null ? AnswerKind.Applied : AnswerKind.Continue, told.Row);

            case Settlement.Finished finished:
                return End(told with
                {
                    Row = told.Row with
                    {
                        State = finished.State,
                        FinishedAt = now,
                        LastSeq = LastSeq(finished, execution),
                        Requests = ExecutionRequests.None,
                    },
                });

            case Settlement.Suspended suspended:
                var waits = told with { Row = told.Row with { WaitsFor = suspended.WaitsFor } };
                return GoOn(waits, suspended.State, told.DueAt(now, suspended.WakeAt));

            case Settlement.Retry retry:
                var delay = told.Row.Requests == ExecutionRequests.None ? retry.Delay : TimeSpan.Zero;
                var next = told with { Row = told.Row with { Attempt = told.Row.Attempt + 1 }, BackingOff = true };
                return GoOn(next, ExecutionState.Pending, told.DueAt(now, now.Plus(delay)));

            case Settlement.Refused refused:
                image.Writes.Refusals.Add((advance.Id, new RefusalRow(refused.Build, refused.Difference, now)));
                var blocked = told with { Row = told.Row with { BlockedReason = BlockedReason.Mismatch } };
                return GoOn(blocked, ExecutionState.Blocked, Instant.Never);

            default:
                return GoOn(told, ExecutionState.Pending, now);
        }

        OperationAnswer GoOn(StoredExecution next, ExecutionState state, Instant dueAt)
        {
            var lastSeq = LastSeq(advance.Settlement, execution);
            var progressed = lastSeq > next.CrashSeq;
            return End(next with
            {
                Row = next.Row with
                {
                    State = state,
                    DueAt = dueAt,
                    LastSeq = lastSeq,
                    BarrenCrashes = progressed ? 0 : next.Row.BarrenCrashes,
                    SoleSuspectCrashes = progressed ? 0 : next.Row.SoleSuspectCrashes,
                },
            });
        }

        OperationAnswer End(StoredExecution next)
        {
            var row = next.Row with { Owner = SessionId.None, SettledEpoch = next.Row.Epoch };
            execution.Become(next with { Row = row });
            return Answer(AnswerKind.Applied, row);
        }
    }

    private static long LastSeq(Settlement settlement, ExecutionImage execution) =>
        settlement.LastSeq == Settlement.Unknown ? execution.Tail.LastSeq : settlement.LastSeq;

    public static bool DeliversTimeout(AdvanceOperation advance)
    {
        foreach (var entry in advance.Entries)
        {
            if (entry.Kind == EntryKind.Timeout)
            {
                return true;
            }
        }

        return false;
    }

    private static OperationAnswer Answer(AnswerKind kind, ExecutionRow row) => new()
    {
        Kind = kind,
        Id = row.Id,
        Mail = row.Mail,
        Requests = row.Requests,
        State = row.State,
    };
}
