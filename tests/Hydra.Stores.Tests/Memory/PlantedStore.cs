using Hydra.Storage;

namespace Hydra.Stores.Tests;

/// <summary>Changes what it is asked for before a good store sees it, to prove that the model test notices.</summary>
internal sealed class PlantedStore(IWorkflowStore store, Planted fault) : IWorkflowStore, IModelLanding
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(1); // Long for a call in memory.

    private int _calls;
    private ClaimAnswer? _claimed; // By the last claim.

    public string Namespace => store.Namespace;

    public StoreCapabilities Capabilities => store.Capabilities;

    public IWorkflowQueries Queries { get; } = new PlantedQueries(store.Queries, fault);

    public ITransactionalStore? Transactions => store.Transactions;

    public IScheduleStore? Schedules =>
        fault == Planted.NoSchedules ? null : new PlantedSchedules(store.Schedules!, fault, Meet);

    public IRetentionStore? Retention => new PlantedRetention(store, fault);

    public ISubjectKeyStore? SubjectKeys =>
        fault == Planted.DestroyedKeys ? new PlantedSubjectKeys(store.SubjectKeys!) : store.SubjectKeys;

    public Task MigrateAsync(CancellationToken cancellationToken = default) => store.MigrateAsync(cancellationToken);

    public Task VerifyAsync(CancellationToken cancellationToken = default) => store.VerifyAsync(cancellationToken);

    public Task<Instant> OpenSessionAsync(SessionRow session, CancellationToken cancellationToken) =>
        store.OpenSessionAsync(session, cancellationToken);

    public async Task<HeartbeatAnswer> HeartbeatAsync(
        SessionId session, IReadOnlyCollection<ExecutionId> running, CancellationToken cancellationToken)
    {
        if (fault != Planted.Beats)
        {
            return await store.HeartbeatAsync(session, running, cancellationToken);
        }

        var claim = new ClaimRequest { Session = session, Workflows = [], Limit = 0 };
        var answer = await store.ClaimAsync(claim, cancellationToken);
        return new HeartbeatAnswer(answer.Now, answer.SessionLost, []);
    }

    public Task CloseSessionAsync(SessionId session, CancellationToken cancellationToken) =>
        fault == Planted.Close ? Task.CompletedTask : store.CloseSessionAsync(session, cancellationToken);

    public async Task<ClaimAnswer> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _calls);
        var spoilt = request with
        {
            OldestFirst = fault == Planted.OldestFirst ? 0 : request.OldestFirst,
            AcceptSuspect = fault == Planted.AcceptSuspect || request.AcceptSuspect,
            CachedThrough = fault == Planted.CachedThrough ? _ => -1 : request.CachedThrough,
        };
        var answer = SpoilMet(request.Session, await store.ClaimAsync(spoilt, cancellationToken));
        return answer with
        {
            NextDue = fault == Planted.NextDue ? Instant.Never : answer.NextDue,
            More = fault != Planted.More && answer.More,
        };
    }

    public async Task<CommitAnswer> CommitAsync(Func<CommitBatch> gather, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _calls);
        var batch = gather();
        switch (batch.Operations.Count == 0 ? Planted.Tries : fault)
        {
            case Planted.TornBatch or Planted.BatchInPieces:
                return await CommitInPiecesAsync(batch, cancellationToken);

            case Planted.Fence:
                return await CommitUnfencedAsync(batch, cancellationToken);

            case Planted.Cancellations:
                return await CommitWithoutCancellationsAsync(batch, cancellationToken);
        }

        var operations = new List<StoreOperation>();
        foreach (var operation in batch.Operations)
        {
            operations.Add(operation switch
            {
                AdvanceOperation advance => await SpoilAsync(advance, cancellationToken),
                StartOperation start => Spoil(start),
                _ => operation,
            });
        }

        return await store.CommitAsync(batch with { Operations = operations }, cancellationToken);
    }

    public Task<MaintenanceAnswer> MaintainAsync(MaintenanceRequest request, CancellationToken cancellationToken) =>
        store.MaintainAsync(
            request with
            {
                DeadlineGrace = fault == Planted.DeadlineGrace ? TimeSpan.Zero : request.DeadlineGrace,
                SuspectDelay = fault == Planted.SuspectDelay ? TimeSpan.Zero : request.SuspectDelay,
                QuarantineAfter = request.QuarantineAfter + (fault == Planted.Quarantine ? 1 : 0),
            },
            cancellationToken);

    public Task<LandingAnswer> LandAsync(
        SessionId session, ExecutionId id, StepTry landed, CancellationToken cancellationToken) =>
        fault == Planted.Landings
            ? Task.FromResult(LandingAnswer.Landed)
            : ModelLanding.Of(store)!.LandAsync(session, id, landed, cancellationToken);

    public Task<StepTry?> BarAsync(
        SessionId session, ExecutionId id, StepTry bar, CancellationToken cancellationToken) =>
        fault == Planted.Bars
            ? Task.FromResult<StepTry?>(null)
            : ModelLanding.Of(store)!.BarAsync(session, id, bar, cancellationToken);

    public Task WaitForChangeAsync(CancellationToken cancellationToken) => store.WaitForChangeAsync(cancellationToken);

    public ValueTask DisposeAsync() => store.DisposeAsync();

    /// <summary>Spoils an answer when somebody else calls meanwhile.</summary>
    private ClaimAnswer SpoilMet(SessionId session, ClaimAnswer answer)
    {
        if (fault is not (Planted.ClaimsShared or Planted.ClaimsLost) || answer.SessionLost)
        {
            return answer;
        }

        Volatile.Write(ref _claimed, answer);
        if (!LetOthersCall())
        {
            return answer;
        }

        if (fault == Planted.ClaimsLost)
        {
            return answer with { Executions = [] };
        }

        var others = Volatile.Read(ref _claimed)!.Executions.ExceptBy(
            answer.Executions.Select(static one => one.Row.Id), static one => one.Row.Id);
        return answer with
        {
            Executions =
            [
                .. answer.Executions,
                .. others.Select(one => one with { Row = one.Row with { Owner = session } }),
            ],
        };
    }

    private StartOperation Spoil(StartOperation start) => start with
    {
        Priority = fault == Planted.Priority ? ExecutionPriority.Normal : start.Priority,
        Timeout = fault == Planted.Timeouts ? null : start.Timeout,
        Delay = fault == Planted.Delays ? TimeSpan.Zero : start.Delay,
        Owner = fault == Planted.DirectStarts ? SessionId.None : start.Owner,
        Key = fault == Planted.TrimmedKeys ? start.Key?.Trim(' ')
            : fault == Planted.KeysWithoutCase ? start.Key?.ToLowerInvariant()
            : start.Key,
        Origin = fault == Planted.Origins ? null : start.Origin,
        Prefix = fault == Planted.Prefixes ? [] : start.Prefix,
    };

    private IReadOnlyList<StepTry> Spoil(IReadOnlyList<StepTry> tries) => fault switch
    {
        Planted.Tries => [],
        Planted.TryPhases => [.. tries.Select(static one =>
            one.Phase == TryPhase.BegunOnce ? one with { Phase = TryPhase.Started } : one)],
        _ => tries,
    };

    private async Task<AdvanceOperation> SpoilAsync(AdvanceOperation advance, CancellationToken cancellationToken) =>
        advance with
        {
            Tries = Spoil(advance.Tries),
            Entries = fault == Planted.FailedEntries
                ? [.. advance.Entries.Select(static entry =>
                    entry.Kind == EntryKind.Terminal ? entry : entry with { Failed = false })]
                : advance.Entries,
            Delivered = fault == Planted.Delivered ? ExecutionRequests.None : advance.Delivered,
            Settlement = (fault, advance.Settlement) switch
            {
                (Planted.MailSeen, Settlement.Suspended suspended) => suspended with
                {
                    MailSeen = (await Queries.FindAsync(advance.Id, cancellationToken))?.Mail ?? 0,
                },
                (Planted.MailBeforeCommit, Settlement.Suspended suspended) =>
                    await LookForMailAsync(advance, suspended, cancellationToken),
                (Planted.WaitsFor, Settlement.Suspended suspended) => suspended with { WaitsFor = "" },
                (Planted.RetryDelay, Settlement.Retry retry) => retry with { Delay = TimeSpan.Zero },
                (Planted.Refusals, Settlement.Refused refused) =>
                    new Settlement.Released { LastSeq = refused.LastSeq },
                _ => advance.Settlement,
            },
        };

    private async Task<Settlement> LookForMailAsync(
        AdvanceOperation advance, Settlement.Suspended suspended, CancellationToken cancellationToken)
    {
        var before = await Queries.FindAsync(advance.Id, cancellationToken);
        LetOthersCall();
        var after = await Queries.FindAsync(advance.Id, cancellationToken);
        return before?.Mail == suspended.MailSeen ? suspended with { MailSeen = after?.Mail ?? 0 } : suspended;
    }

    private async Task<CommitAnswer> CommitInPiecesAsync(CommitBatch batch, CancellationToken cancellationToken)
    {
        if (fault == Planted.BatchInPieces)
        {
            // Sound as long as nobody looks: a bad batch is tried on the whole first, which undoes it.
            foreach (var advance in batch.Operations.OfType<AdvanceOperation>())
            {
                var row = await Queries.FindAsync(advance.Id, cancellationToken);
                if (advance.Entries.Count > 0 && row?.Owner == batch.Session)
                {
                    return await store.CommitAsync(batch, cancellationToken);
                }
            }
        }

        CommitAnswer? answer = null;
        var answers = new List<OperationAnswer>();
        foreach (var operation in batch.Operations)
        {
            if (fault == Planted.BatchInPieces && answer is not null)
            {
                LetOthersCall();
            }

            answer = await store.CommitAsync(batch with { Operations = [operation] }, cancellationToken);
            answers.AddRange(answer.Answers);
        }

        return answer! with { Answers = answers };
    }

    private async Task<CommitAnswer> CommitUnfencedAsync(CommitBatch batch, CancellationToken cancellationToken)
    {
        var answers = new List<OperationAnswer>();
        CommitAnswer? answer = null;
        foreach (var operation in batch.Operations)
        {
            var row = await Queries.FindAsync(operation.Id, cancellationToken);
            answer = operation is AdvanceOperation advance && row is { State: ExecutionState.Running }
                ? await store.CommitAsync(
                    new CommitBatch(row.Owner, [advance with { Epoch = row.Epoch }]), cancellationToken)
                : await store.CommitAsync(batch with { Operations = [operation] }, cancellationToken);
            answers.AddRange(answer.Answers);
        }

        return answer! with { Answers = answers };
    }

    private async Task<CommitAnswer> CommitWithoutCancellationsAsync(
        CommitBatch batch, CancellationToken cancellationToken)
    {
        var operations = new List<StoreOperation>();
        foreach (var operation in batch.Operations)
        {
            var row = await Queries.FindAsync(operation.Id, cancellationToken);
            operations.Add(operation is CancelOperation && row is { State: ExecutionState.Running }
                ? new AdvanceOperation { Id = operation.Id, Epoch = -1 } // Is fenced.
                : operation);
        }

        var answer = await store.CommitAsync(batch with { Operations = operations }, cancellationToken);
        return answer with
        {
            Answers =
            [
                .. answer.Answers.Select((one, index) => operations[index] == batch.Operations[index]
                    ? one
                    : one with { Kind = AnswerKind.Requested, State = ExecutionState.Running }),
            ],
        };
    }

    /// <summary>Waits until somebody else has called; false when nobody does.</summary>
    private void Meet()
    {
        Interlocked.Increment(ref _calls);
        LetOthersCall();
    }

    private bool LetOthersCall()
    {
        var seen = Volatile.Read(ref _calls);
        return SpinWait.SpinUntil(() => Volatile.Read(ref _calls) != seen, Patience);
    }
}
