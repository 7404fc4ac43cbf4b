using Hydra.Storage;

namespace Hydra.Memory;

/// <summary>The transitions by which an execution leaves its owner, or ends without one.</summary>
internal static class Settling
{
    public static AnswerKind Settle(
        NamespaceTables tables, StoredExecution execution, AdvanceOperation advance, Settlement settlement, Instant now)
    {
        var row = execution.Row;
        if (settlement is Settlement.Suspended suspended && suspended.MailSeen != row.Mail)
        {
            return AnswerKind.Continue;
        }

        if (settlement.LastSeq != execution.LastSeq && settlement.LastSeq != Settlement.Unknown)
        {
            throw Committing.Differs(advance, $"the journal ends at seq {execution.LastSeq}, not {settlement.LastSeq}");
        }

        if (settlement is Settlement.Refused refused)
        {
            AddRefusal(tables, execution, new RefusalRow(refused.Build, refused.Difference, now));
        }

        var progressed = execution.LastSeq > execution.CrashSeq && settlement is not Settlement.Finished;
        var settled = row with
        {
            Owner = SessionId.None,
            SettledEpoch = row.Epoch,
            LastSeq = execution.LastSeq,
            BarrenCrashes = progressed ? 0 : row.BarrenCrashes, // What has ended keeps them to be looked at.
            SoleSuspectCrashes = progressed ? 0 : row.SoleSuspectCrashes,
        };
        tables.Update(
            execution,
            Leave(execution, settled, advance, settlement, now),
            betweenAttempts: settlement is Settlement.Retry);
        return AnswerKind.Applied;
    }

    /// <summary>Ends an execution from outside its code, with a terminal entry of the store's own.</summary>
    /// <remarks>
    /// Under an epoch of its own: whoever owns the execution, or did, is fenced and takes the entry for none of its
    /// own.
    /// </remarks>
    public static void End(
        NamespaceTables tables, StoredExecution execution, ExecutionState state, Payload failure, Instant now)
    {
        var row = execution.Row with { Owner = SessionId.None, Epoch = execution.Row.Epoch + 1 };
        var at = Instant.Max(now, execution.Journal[^1].At);
        tables.Append(execution, new JournalEntry
        {
            Seq = execution.LastSeq + 1,
            Kind = EntryKind.Terminal,
            Failed = true,
            Output = failure,
            At = at,
            StartedAt = at,
            Attempt = row.Attempt,
            Epoch = row.Epoch,
        });
        tables.Update(execution, Finish(row with { LastSeq = execution.LastSeq }, state, now));
    }

    /// <summary>Hands an execution back as it stands: due at once, at the same epoch, and nothing is counted.</summary>
    public static void HandBack(NamespaceTables tables, StoredExecution execution, Instant now) =>
        tables.Update(execution, execution.Row with
        {
            State = ExecutionState.Pending,
            Owner = SessionId.None,
            DueAt = now,
            LastSeq = execution.LastSeq,
        });

    private static ExecutionRow Leave(
        StoredExecution execution, ExecutionRow settled, AdvanceOperation advance, Settlement settlement, Instant now)
    {
        switch (settlement)
        {
            case Settlement.Finished finished when finished.State.IsTerminal():
                return Finish(settled, finished.State, now);

            case Settlement.Suspended suspended
                when suspended.State is ExecutionState.Sleeping or ExecutionState.Waiting:
                return settled with
                {
                    State = suspended.State,
                    DueAt = execution.DueAt(suspended.WakeAt, now),
                    WaitsFor = suspended.WaitsFor,
                };

            case Settlement.Retry retry:
                return settled with
                {
                    State = ExecutionState.Pending,
                    Attempt = settled.Attempt + 1,
                    DueAt = settled.Requests == ExecutionRequests.None
                        ? execution.DueAt(now.Plus(retry.Delay), now)
                        : now,
                };

            case Settlement.Released:
                return settled with { State = ExecutionState.Pending, DueAt = now };

            case Settlement.Refused:
                return settled with
                {
                    State = ExecutionState.Blocked,
                    BlockedReason = BlockedReason.Mismatch,
                    DueAt = Instant.Never,
                };

            default:
                throw Committing.Bad(advance, $"{settlement} is no settlement that this store knows");
        }
    }

    private static ExecutionRow Finish(ExecutionRow row, ExecutionState state, Instant now) => row with
    {
        State = state,
        DueAt = Instant.Never,
        Requests = ExecutionRequests.None,
        BlockedReason = BlockedReason.None,
        FinishedAt = now,
    };

    /// <summary>Keeps one refusal per build, the latest.</summary>
    private static void AddRefusal(NamespaceTables tables, StoredExecution execution, RefusalRow refusal)
    {
        tables.Touch(execution);
        execution.Refusals = [.. execution.Refusals.Where(row => row.Build != refusal.Build), refusal];
    }
}
