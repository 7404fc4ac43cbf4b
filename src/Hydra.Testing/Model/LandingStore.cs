namespace Hydra.Testing;

/// <summary>
/// Has results land in the reference, which is in no database with transactions: they are kept beside it, and told
/// where it tells its tries.
/// </summary>
/// <remarks>Of calls made one after the other. It needs nothing of the store around which it is.</remarks>
/// <param name="store">The store in memory.</param>
/// <param name="landings">What has landed; the stores on one database share it.</param>
internal sealed class LandingStore(IWorkflowStore store, Landings landings) : IWorkflowStore, IModelLanding
{
    public string Namespace => store.Namespace;

    public StoreCapabilities Capabilities => store.Capabilities;

    public IWorkflowQueries Queries { get; } = new LandingQueries(store.Queries, landings);

    public ITransactionalStore? Transactions => store.Transactions;

    public IScheduleStore? Schedules => store.Schedules;

    public IRetentionStore? Retention => store.Retention is { } retention
        ? new LandingRetention(retention, landings)
        : null;

    public ISubjectKeyStore? SubjectKeys => store.SubjectKeys;

    public Task MigrateAsync(CancellationToken cancellationToken = default) => store.MigrateAsync(cancellationToken);

    public Task VerifyAsync(CancellationToken cancellationToken = default) => store.VerifyAsync(cancellationToken);

    public Task<Instant> OpenSessionAsync(SessionRow session, CancellationToken cancellationToken) =>
        store.OpenSessionAsync(session, cancellationToken);

    public Task<HeartbeatAnswer> HeartbeatAsync(
        SessionId session, IReadOnlyCollection<ExecutionId> running, CancellationToken cancellationToken) =>
        store.HeartbeatAsync(session, running, cancellationToken);

    public Task CloseSessionAsync(SessionId session, CancellationToken cancellationToken) =>
        store.CloseSessionAsync(session, cancellationToken);

    public async Task<ClaimAnswer> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken)
    {
        var answer = await store.ClaimAsync(request, cancellationToken);
        var claimed = new List<ClaimedExecution>();
        foreach (var one in answer.Executions)
        {
            claimed.Add(one with { Tried = await TriedAsync(one, cancellationToken) });
        }

        return answer with { Executions = claimed };
    }

    public Task<CommitAnswer> CommitAsync(Func<CommitBatch> gather, CancellationToken cancellationToken) =>
        store.CommitAsync(gather, cancellationToken);

    public Task<MaintenanceAnswer> MaintainAsync(MaintenanceRequest request, CancellationToken cancellationToken) =>
        store.MaintainAsync(request, cancellationToken);

    public Task WaitForChangeAsync(CancellationToken cancellationToken) => store.WaitForChangeAsync(cancellationToken);

    public async Task<LandingAnswer> LandAsync(
        SessionId session, ExecutionId id, StepTry landed, CancellationToken cancellationToken)
    {
        var row = await store.Queries.FindAsync(id, cancellationToken);
        if (row is not { State: ExecutionState.Running } || row.Epoch != landed.Epoch || row.Owner != session)
        {
            return LandingAnswer.Fenced;
        }

        if (landings.Find(id, landed) is not null)
        {
            return LandingAnswer.Barred;
        }

        landings.Add(id, landed);
        return LandingAnswer.Landed;
    }

    public async Task<StepTry?> BarAsync(
        SessionId session, ExecutionId id, StepTry bar, CancellationToken cancellationToken)
    {
        if (landings.Find(id, bar) is { } there)
        {
            return there.Failure.IsNone ? there : null; // A bar is no result.
        }

        // Under an epoch that is over, or for another owner, nothing lands: it needs no bar.
        await LandAsync(session, id, bar, cancellationToken);
        return null;
    }

    public ValueTask DisposeAsync() => store.DisposeAsync();

    /// <summary>What a claim tells of tries, where a result that has landed may be the last.</summary>
    private async Task<IReadOnlyList<TriedStep>> TriedAsync(
        ClaimedExecution claimed, CancellationToken cancellationToken)
    {
        var id = claimed.Row.Id;
        var results = landings.Of(id).Where(static one => one.Failure.IsNone).ToList();
        if (results.Count == 0)
        {
            return claimed.Tried;
        }

        var tries = await store.Queries.ReadTriesAsync(id, cancellationToken);
        var tried = claimed.Tried.ToDictionary(static one => one.Key, StringComparer.Ordinal);
        foreach (var key in results.Select(static one => one.Key).Distinct(StringComparer.Ordinal))
        {
            var told = tries.Where(one => one.Key == key
                && one.Phase is TryPhase.Failed or TryPhase.BegunOnce or TryPhase.NotBegun).ToList();
            var last = told.Concat(results.Where(one => one.Key == key))
                .MaxBy(static one => (one.Attempt, one.Epoch, one.Phase))!;
            if (last.Phase == TryPhase.Landed)
            {
                var failed = told.Count(
                    one => one.Phase == TryPhase.Failed && one.ExecutionAttempt == last.ExecutionAttempt);
                tried[key] = new TriedStep(
                    key, last.Attempt, last.ExecutionAttempt, failed, RetryAt: null, Landed: true);
            }
        }

        return [.. tried.Values.OrderBy(static one => one.Key, StringComparer.Ordinal)];
    }
}
