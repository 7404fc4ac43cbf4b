using Hydra.Memory;
using Hydra.Simulation.Worlds;
using Hydra.Storage;

namespace Hydra.Simulation.Bugs;

/// <summary>A store with one mistake, for the bugs that are a store's.</summary>
internal sealed class PlantedStore(Scenario scenario, SimulatedProcess process, IWorkflowStore inner) : IWorkflowStore
{
    private readonly PlantedCommits _commits = new(scenario, inner);
    private readonly PlantedClaims _claims = new(scenario, inner);

    public string Namespace => inner.Namespace;

    public StoreCapabilities Capabilities => inner.Capabilities;

    public IWorkflowQueries Queries { get; } = scenario.Bug == PlantedBug.ReadUncommitted
        ? new UncommittedQueries(scenario, inner.Queries)
        : inner.Queries;

    public ITransactionalStore? Transactions => inner.Transactions;

    public IScheduleStore? Schedules { get; } = new PlantedSchedules(scenario, process, inner.Schedules!);

    public IRetentionStore? Retention => inner.Retention;

    private PlantedBug Bug => scenario.Bug;

    private NamespaceTables Tables => scenario.Tables;

    public Task MigrateAsync(CancellationToken cancellationToken = default) => inner.MigrateAsync(cancellationToken);

    public Task VerifyAsync(CancellationToken cancellationToken = default) => inner.VerifyAsync(cancellationToken);

    public Task<Instant> OpenSessionAsync(SessionRow session, CancellationToken cancellationToken)
    {
        scenario.SessionsSeen[session.Id] = session;
        return inner.OpenSessionAsync(session, cancellationToken);
    }

    public async Task<HeartbeatAnswer> HeartbeatAsync(
        SessionId session, IReadOnlyCollection<ExecutionId> running, CancellationToken cancellationToken)
    {
        if (Bug == PlantedBug.SweptBeats && !Tables.Sessions.ContainsKey(session.Value))
        {
            await inner.OpenSessionAsync(scenario.SessionsSeen[session], cancellationToken);
        }

        var answer = await inner.HeartbeatAsync(session, running, cancellationToken);
        return Bug == PlantedBug.ProcessClock ? answer with { Now = ProcessNow } : answer;
    }

    public Task CloseSessionAsync(SessionId session, CancellationToken cancellationToken) =>
        inner.CloseSessionAsync(session, cancellationToken);

    public async Task<ClaimAnswer> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken)
    {
        var answer = await _claims.ClaimAsync(request);
        return Bug == PlantedBug.ProcessClock ? answer with { Now = ProcessNow } : answer;
    }

    public async Task<CommitAnswer> CommitAsync(Func<CommitBatch> gather, CancellationToken cancellationToken)
    {
        var answer = await _commits.CommitAsync(gather());
        return Bug == PlantedBug.ProcessClock ? answer with { Now = ProcessNow } : answer;
    }

    public async Task<MaintenanceAnswer> MaintainAsync(
        MaintenanceRequest request, CancellationToken cancellationToken)
    {
        switch (Bug)
        {
            case PlantedBug.SweptUnchecked:
                SweepUnchecked();
                return await inner.MaintainAsync(request, cancellationToken);
            case PlantedBug.NeverUnblocked:
                var refused = Tables.Mismatched.SelectMany(id => Tables.Get(id).Refusals).FirstOrDefault()?.Build;
                return await inner.MaintainAsync(
                    request with { Build = refused ?? request.Build }, cancellationToken);
            case PlantedBug.CrashForAttempt:
                var answer = await inner.MaintainAsync(request, cancellationToken);
                foreach (var id in answer.Released)
                {
                    Change(Tables.Get(id), row => row with { Attempt = row.Attempt + 1 });
                }

                return answer;
            default:
                return await inner.MaintainAsync(request, cancellationToken);
        }
    }

    public Task WaitForChangeAsync(CancellationToken cancellationToken) => inner.WaitForChangeAsync(cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private Instant ProcessNow => Instant.From(process.Time.GetUtcNow());

    private void Change(StoredExecution execution, Func<ExecutionRow, ExecutionRow> change)
    {
        Tables.Begin();
        Tables.Update(execution, change(execution.Row), execution.BetweenAttempts);
    }

    /// <summary>Deletes the sessions whose leases would have ended, had they not beaten since the last look.</summary>
    private void SweepUnchecked()
    {
        var now = scenario.DatabaseNow;
        foreach (var session in Tables.Sessions.Values.ToArray())
        {
            if (scenario.SessionsSeen.TryGetValue(session.Id, out var seen) && seen.ExpiresAt != default
                && seen.ExpiresAt <= now)
            {
                Tables.Sessions.Remove(session.Id.Value);
            }

            scenario.SessionsSeen[session.Id] = session;
        }
    }
}
