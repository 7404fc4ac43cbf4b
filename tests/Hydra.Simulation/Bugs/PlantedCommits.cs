using Hydra.Memory;
using Hydra.Simulation.Worlds;
using Hydra.Storage;

namespace Hydra.Simulation.Bugs;

/// <summary>Commits with one mistake: each operation by itself, changed before or after.</summary>
internal sealed class PlantedCommits(Scenario scenario, IWorkflowStore inner)
{
    private NamespaceTables Tables => scenario.Tables;

    public async Task<CommitAnswer> CommitAsync(CommitBatch batch)
    {
        if (scenario.Bug is PlantedBug.NoBarrier or PlantedBug.DoubtForFailure or PlantedBug.BlockedStalls)
        {
            return await CommitAsync(batch.Session, batch.Operations);
        }

        var answers = new List<OperationAnswer>();
        var now = scenario.DatabaseNow;
        foreach (var operation in batch.Operations)
        {
            var answer = await CommitOneAsync(batch.Session, operation);
            now = answer.Now;
            answers.Add(answer.Answers[0]);
        }

        return new CommitAnswer(now, answers);
    }

    private Task<CommitAnswer> CommitOneAsync(SessionId session, StoreOperation operation) => operation switch
    {
        AdvanceOperation advance when Tables.Find(advance.Id) is { } execution =>
            AdvanceAsync(session, advance, execution),
        StartOperation start when scenario.Bug is PlantedBug.KeyedTwice or PlantedBug.ConflictForExisting =>
            StartAsync(session, start),
        CancelOperation cancel when Tables.Find(cancel.Id) is { } execution => CancelAsync(cancel, execution),
        _ => CommitAsync(session, [operation]),
    };

    private Task<CommitAnswer> AdvanceAsync(SessionId session, AdvanceOperation advance, StoredExecution execution)
    {
        var row = execution.Row;
        var isOwner = row.Owner == session && row.Epoch == advance.Epoch;
        return scenario.Bug switch
        {
            PlantedBug.NoFence when row.Owner != SessionId.None =>
                ForceAsync(row.Owner, advance with { Epoch = row.Epoch }),
            PlantedBug.FenceWithoutEpoch when row.Owner == session && !isOwner =>
                ForceAsync(session, advance with { Epoch = row.Epoch }),
            PlantedBug.FenceWithoutOwner when row.Epoch == advance.Epoch && !isOwner && !row.State.IsTerminal() =>
                AsOwnerAsync(session, advance, execution),
            PlantedBug.SettledTwice when advance.Settlement is not null && row.SettledEpoch == advance.Epoch
                && !isOwner && !row.State.IsTerminal() => AsOwnerAsync(session, advance, execution),
            PlantedBug.GapAccepted when isOwner && advance.Entries is [var first, ..]
                && first.Seq > execution.LastSeq + 1 => AppendBehindGapAsync(session, advance, execution),
            PlantedBug.AppliedTwice when isOwner && advance.Entries is [.., var last]
                && last.Seq <= execution.LastSeq => ForceAsync(session, Renumbered(advance, execution)),
            PlantedBug.LostWakeUp when advance.Settlement is Settlement.Suspended suspended =>
                CommitAsync(session, [advance with { Settlement = suspended with { MailSeen = row.Mail } }]),
            PlantedBug.DelayLost when advance.Settlement is Settlement.Retry retry =>
                CommitAsync(session, [advance with { Settlement = retry with { Delay = TimeSpan.Zero } }]),
            _ => AdvanceAndChangeAsync(session, advance, execution),
        };
    }

    /// <summary>Commits as it should, and changes the row or the answer afterwards.</summary>
    private async Task<CommitAnswer> AdvanceAndChangeAsync(
        SessionId session, AdvanceOperation advance, StoredExecution execution)
    {
        var before = execution.Row;
        var answer = await CommitAsync(session, [advance]);
        var row = execution.Row;
        var left = before.Owner != SessionId.None && row.Owner == SessionId.None && !row.State.IsTerminal();
        switch (scenario.Bug)
        {
            case PlantedBug.FencedForApplied when answer.Answers[0].Kind == AnswerKind.Fenced:
                return answer with { Answers = [answer.Answers[0] with { Kind = AnswerKind.Applied }] };
            case PlantedBug.CancelLost when left:
                Change(execution, row with { Requests = ExecutionRequests.None });
                break;
            case PlantedBug.AttemptTwice when left && advance.Settlement is Settlement.Retry:
                Change(execution, row with { Attempt = row.Attempt + 1 });
                break;
            case PlantedBug.DeadlineForgotten when left && advance.Settlement is Settlement.Suspended suspended:
                Change(execution, row with { DueAt = Instant.Max(answer.Now, suspended.WakeAt) });
                break;
        }

        return answer;
    }

    private async Task<CommitAnswer> StartAsync(SessionId session, StartOperation start)
    {
        var isTaken = start.Key is not null && Tables.FindByKey(start.Key) is { } holder && holder.Id != start.Id;
        if (scenario.Bug == PlantedBug.KeyedTwice && isTaken)
        {
            var second = await CommitAsync(session, [start with { Key = null }]);
            var execution = Tables.Get(start.Id);
            Change(execution, execution.Row with { Key = start.Key });
            return second;
        }

        var answer = await CommitAsync(session, [start]);
        return scenario.Bug == PlantedBug.ConflictForExisting && answer.Answers[0].Kind == AnswerKind.Conflict
            ? answer with { Answers = [answer.Answers[0] with { Kind = AnswerKind.Existing }] }
            : answer;
    }

    private async Task<CommitAnswer> CancelAsync(CancelOperation cancel, StoredExecution execution)
    {
        var before = execution.Row;
        if (scenario.Bug == PlantedBug.EndOverwritten && before.State.IsTerminal())
        {
            Tables.Begin();
            Settling.End(Tables, execution, ExecutionState.Cancelled, cancel.Failure, scenario.DatabaseNow);
        }

        var answer = await CommitAsync(default, [cancel]);
        if (scenario.Bug == PlantedBug.MailNotRaised && answer.Answers[0].Kind == AnswerKind.Requested)
        {
            Change(execution, execution.Row with { Mail = before.Mail });
        }

        return answer;
    }

    /// <summary>Commits an advance as if the session owned the execution under that epoch.</summary>
    private async Task<CommitAnswer> AsOwnerAsync(
        SessionId session, AdvanceOperation advance, StoredExecution execution)
    {
        var before = execution.Row;
        Change(execution, before with
        {
            Owner = session,
            Epoch = advance.Epoch,
            State = ExecutionState.Running,
            BlockedReason = BlockedReason.None,
        });
        var answer = await ForceAsync(session, advance);
        if (execution.Row.Owner == session)
        {
            Change(execution, before);
        }

        return answer;
    }

    private Task<CommitAnswer> AppendBehindGapAsync(
        SessionId session, AdvanceOperation advance, StoredExecution execution)
    {
        Tables.Begin();
        foreach (var entry in advance.Entries)
        {
            Tables.Append(execution, entry);
        }

        return ForceAsync(session, advance with { Entries = [], Settlement = WithoutSeq(advance.Settlement) });
    }

    private static AdvanceOperation Renumbered(AdvanceOperation advance, StoredExecution execution) => advance with
    {
        Entries = advance.Entries.Select((entry, i) => entry with { Seq = execution.LastSeq + 1 + i }).ToArray(),
        Settlement = WithoutSeq(advance.Settlement),
    };

    private static Settlement? WithoutSeq(Settlement? settlement) =>
        settlement is null ? null : settlement with { LastSeq = Settlement.Unknown };

    /// <summary>Commits what unique keys may still refuse.</summary>
    private async Task<CommitAnswer> ForceAsync(SessionId session, AdvanceOperation advance)
    {
        try
        {
            return await CommitAsync(session, [advance]);
        }
        catch (StoreException)
        {
            return new CommitAnswer(
                scenario.DatabaseNow, [new OperationAnswer { Kind = AnswerKind.Fenced, Id = advance.Id }]);
        }
    }

    private Task<CommitAnswer> CommitAsync(SessionId session, IReadOnlyList<StoreOperation> operations) =>
        inner.CommitAsync(() => new CommitBatch(session, operations), CancellationToken.None);

    private void Change(StoredExecution execution, ExecutionRow row)
    {
        Tables.Begin();
        Tables.Update(execution, row, execution.BetweenAttempts);
    }
}
