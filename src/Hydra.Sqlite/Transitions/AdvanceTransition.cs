using Hydra.Sqlite.Connections;

namespace Hydra.Sqlite.Transitions;

/// <summary>Appends what an owner has done, and ends its ownership when it says so.</summary>
internal sealed class AdvanceTransition(Connection connection, string @namespace, WriteTransitions transitions)
{
    private readonly Statement _deliver = connection.Prepare(SqliteSql.Deliver, @namespace);
    private readonly Statement _finish = connection.Prepare(SqliteSql.SettleFinished, @namespace);
    private readonly Statement _settle = connection.Prepare(SqliteSql.SettleLive, @namespace);
    private readonly Statement _refuse = connection.Prepare(SqliteSql.InsertRefusal);

    public OperationAnswer Advance(AdvanceOperation advance, SessionId session)
    {
        if (transitions.Fence.Read(advance.Id) is not { } fence)
        {
            return new OperationAnswer { Kind = AnswerKind.Fenced, Id = advance.Id };
        }

        if (fence.Epoch != advance.Epoch || fence.Owner != session || session == SessionId.None)
        {
            var kind = WasApplied(advance, fence) ? AnswerKind.Applied : AnswerKind.Fenced;
            return Answer(advance, kind, fence, fence.State);
        }

        var isNew = AppendEntries(advance, fence.Number);
        if (!isNew || advance.Entries.Count == 0)
        {
            MustEndThere(advance, fence); // What has just been appended is the end.
        }

        foreach (var stepTry in advance.Tries)
        {
            transitions.Journal.Add(fence.Number, stepTry);
        }

        fence = fence with
        {
            // When it had been applied before, what is requested now was asked later and is not delivered.
            Requests = isNew ? fence.Requests & ~advance.Delivered : fence.Requests,
            DeadlineDelivered = fence.DeadlineDelivered || DeliversTimeout(advance),
        };
        return Settle(advance, fence, session);
    }

    /// <summary>
    /// Appends the entries, which must continue the journal, and tells whether the last was not there before.
    /// </summary>
    private bool AppendEntries(AdvanceOperation advance, long number)
    {
        var isNew = true;
        for (var i = 0; i < advance.Entries.Count; i++)
        {
            var entry = advance.Entries[i];
            var follows = i == 0
                ? transitions.Journal.EpochOf(number, entry.Seq - 1) is not null
                : entry.Seq == advance.Entries[i - 1].Seq + 1;
            if (!follows)
            {
                throw new StoreException(
                    StoreErrorKind.Deterministic,
                    $"Entry {entry.Seq} of execution {advance.Id} does not follow its journal. Nothing was written.");
            }

            isNew = transitions.Journal.Append(number, entry, entry.At, entry.StartedAt);
        }

        return isNew;
    }

    /// <summary>Refuses a settlement that is mistaken about where the journal ends.</summary>
    private void MustEndThere(AdvanceOperation advance, in Fence fence)
    {
        var isRefused = advance.Settlement is Settlement.Suspended suspended && suspended.MailSeen != fence.Mail;
        if (advance.Settlement is { LastSeq: not Settlement.Unknown } settlement
            && !isRefused
            && transitions.Journal.LastSeq(fence.Number) is var last
            && last != settlement.LastSeq)
        {
            throw new StoreException(
                StoreErrorKind.Deterministic,
                $"The journal of execution {advance.Id} ends at seq {last}, not {settlement.LastSeq}. "
                + "Nothing was written.");
        }
    }

    private long LastSeq(Settlement settlement, long number) =>
        settlement.LastSeq == Settlement.Unknown ? transitions.Journal.LastSeq(number) : settlement.LastSeq;

    /// <summary>Whether the very operation is there already: its last entry, or the settlement of its epoch.</summary>
    private bool WasApplied(AdvanceOperation advance, in Fence fence) =>
        (advance.Entries.Count > 0
            && transitions.Journal.EpochOf(fence.Number, advance.Entries[^1].Seq) == advance.Epoch)
        || (advance.Settlement is not null && fence.SettledEpoch == advance.Epoch);

    private OperationAnswer Settle(AdvanceOperation advance, in Fence fence, SessionId session)
    {
        var live = new LiveSettlement(fence);
        switch (advance.Settlement)
        {
            case null:
                Deliver(advance, fence, session);
                return Answer(advance, AnswerKind.Applied, fence, fence.State);

            case Settlement.Suspended suspended when suspended.MailSeen != fence.Mail:
                Deliver(advance, fence, session);
                return Answer(advance, AnswerKind.Continue, fence, fence.State);

            case Settlement.Finished finished:
                Finish(advance, fence, finished, session);
                return Answer(advance, AnswerKind.Applied, fence with { Requests = 0 }, finished.State);

            case Settlement.Suspended suspended:
                var wakeAt = transitions.DueAt(suspended.WakeAt, fence.OpenDeadline);
                live = live with { State = suspended.State, DueAt = wakeAt, WaitsFor = suspended.WaitsFor };
                break;

            case Settlement.Retry retry:
                var delay = fence.Requests == ExecutionRequests.None ? retry.Delay : TimeSpan.Zero;
                var dueAt = transitions.DueAt(transitions.Now.Plus(delay), fence.OpenDeadline);
                live = live with { DueAt = dueAt, Attempt = fence.Attempt + 1, BackingOff = true };
                break;

            case Settlement.Released:
                live = live with { DueAt = transitions.Now };
                break;

            case Settlement.Refused refused:
                _refuse.Bind(1, fence.Number)
                    .Bind(2, refused.Build).Bind(3, refused.Difference).Bind(4, transitions.Now.Micros).Run();
                live = live with { State = ExecutionState.Blocked, BlockedReason = BlockedReason.Mismatch };
                break;
        }

        SettleLive(advance, fence, session, live);
        return Answer(advance, AnswerKind.Applied, fence, live.State);
    }

    private void Deliver(AdvanceOperation advance, in Fence fence, SessionId session)
    {
        // A mere checkpoint leaves the row alone: it is one insert into the journal.
        if (advance.Delivered == ExecutionRequests.None && !DeliversTimeout(advance))
        {
            return;
        }

        var changed = _deliver.Bind(2, fence.Number)
            .Bind(3, advance.Epoch)
            .Bind(4, session.Value)
            .Bind(5, (long)fence.Requests)
            .Bind(6, fence.DeadlineDelivered ? 1 : 0)
            .Run();
        MustChange(changed, advance);
    }

    private void Finish(
        AdvanceOperation advance, in Fence fence, Settlement.Finished finished, SessionId session)
    {
        var changed = _finish.Bind(2, fence.Number)
            .Bind(3, advance.Epoch)
            .Bind(4, session.Value)
            .Bind(5, (long)finished.State)
            .Bind(6, transitions.Now.Micros)
            .Bind(7, LastSeq(finished, fence.Number))
            .Run();
        MustChange(changed, advance);
    }

    private void SettleLive(
        AdvanceOperation advance, in Fence fence, SessionId session, in LiveSettlement live)
    {
        var lastSeq = LastSeq(advance.Settlement!, fence.Number);
        var progressed = lastSeq > fence.CrashSeq;
        var changed = _settle.Bind(2, fence.Number)
            .Bind(3, advance.Epoch)
            .Bind(4, session.Value)
            .Bind(5, (long)live.State)
            .Bind(6, live.DueAt.Micros)
            .Bind(7, lastSeq)
            .Bind(8, live.Attempt)
            .Bind(9, live.BackingOff ? 1 : 0)
            .Bind(10, (long)fence.Requests)
            .Bind(11, fence.DeadlineDelivered ? 1 : 0)
            .Bind(12, progressed ? 0 : fence.BarrenCrashes)
            .Bind(13, progressed ? 0 : fence.SoleSuspectCrashes)
            .Bind(14, (long)live.BlockedReason)
            .Bind(15, live.WaitsFor)
            .Run();
        MustChange(changed, advance);
    }

    private static bool DeliversTimeout(AdvanceOperation advance)
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

    private static void MustChange(int changed, AdvanceOperation advance)
    {
        if (changed != 1)
        {
            throw new StoreException(
                StoreErrorKind.Deterministic,
                $"Execution {advance.Id} was found under epoch {advance.Epoch} and yet could not be changed.");
        }
    }

    private static OperationAnswer Answer(
        AdvanceOperation advance, AnswerKind kind, in Fence fence, ExecutionState state) => new()
        {
            Kind = kind,
            Id = advance.Id,
            Mail = fence.Mail,
            Requests = fence.Requests,
            State = state,
        };

    /// <summary>
    /// How an execution goes on without an owner: pending and never due, unless a settlement says otherwise.
    /// </summary>
    private readonly record struct LiveSettlement(
        ExecutionState State,
        Instant DueAt,
        int Attempt,
        bool BackingOff,
        BlockedReason BlockedReason,
        string? WaitsFor)
    {
        public LiveSettlement(in Fence fence)
            : this(ExecutionState.Pending, Instant.Never, fence.Attempt, false, BlockedReason.None, WaitsFor: null)
        {
        }
    }
}
