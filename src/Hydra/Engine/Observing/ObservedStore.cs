using Hydra.Storage;

namespace Hydra.Engine.Observing;

/// <summary>The one gate through which the engine calls its store: counts the calls, and times the commits.</summary>
/// <remarks>While nobody listens it is a call of the store and nothing else.</remarks>
internal sealed class ObservedStore(IWorkflowStore store, EngineMetrics metrics) : IWorkflowStore
{
    public string Namespace => store.Namespace;

    public StoreCapabilities Capabilities => store.Capabilities;

    public IWorkflowQueries Queries => field ??= new ObservedQueries(store.Queries, this);

    public ITransactionalStore? Transactions =>
        field ??= store.Transactions is { } transactions ? new ObservedTransactions(transactions, this, metrics) : null;

    public IScheduleStore? Schedules =>
        field ??= store.Schedules is { } schedules ? new ObservedSchedules(schedules, this) : null;

    public IRetentionStore? Retention =>
        field ??= store.Retention is { } retention ? new ObservedRetention(retention, this) : null;

    public ISubjectKeyStore? SubjectKeys =>
        field ??= store.SubjectKeys is { } keys ? new ObservedSubjectKeys(keys, this) : null;

    public Task MigrateAsync(CancellationToken cancellationToken = default) =>
        Watch("migrate", store.MigrateAsync(cancellationToken));

    public Task VerifyAsync(CancellationToken cancellationToken = default) =>
        Watch("verify", store.VerifyAsync(cancellationToken));

    public Task<Instant> OpenSessionAsync(SessionRow session, CancellationToken cancellationToken) =>
        Watch("open_session", store.OpenSessionAsync(session, cancellationToken));

    /// <remarks>Counted by whoever blocks on it, because to await it here could need the thread pool.</remarks>
    public Task<HeartbeatAnswer> HeartbeatAsync(
        SessionId session, IReadOnlyCollection<ExecutionId> running, CancellationToken cancellationToken) =>
        store.HeartbeatAsync(session, running, cancellationToken);

    public Task CloseSessionAsync(SessionId session, CancellationToken cancellationToken) =>
        Watch("close_session", store.CloseSessionAsync(session, cancellationToken));

    public Task<ClaimAnswer> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken) =>
        Watch("claim", store.ClaimAsync(request, cancellationToken));

    public Task<CommitAnswer> CommitAsync(Func<CommitBatch> gather, CancellationToken cancellationToken) =>
        metrics.WatchesCommits
            ? WatchCommitAsync(gather, cancellationToken)
            : store.CommitAsync(gather, cancellationToken);

    public Task<MaintenanceAnswer> MaintainAsync(MaintenanceRequest request, CancellationToken cancellationToken) =>
        Watch("maintain", store.MaintainAsync(request, cancellationToken));

    public Task WaitForChangeAsync(CancellationToken cancellationToken) => store.WaitForChangeAsync(cancellationToken);

    public ValueTask DisposeAsync() => store.DisposeAsync();

    /// <summary>Counts a call once it is over, and whether it failed.</summary>
    public Task<T> Watch<T>(string operation, Task<T> call) => metrics.CountsCalls ? WatchAsync(operation, call) : call;

    /// <summary>The same without a result.</summary>
    public Task Watch(string operation, Task call) => metrics.CountsCalls ? WatchAsync(operation, call) : call;

    private async Task<T> WatchAsync<T>(string operation, Task<T> call)
    {
        await WatchAsync(operation, (Task)call);
        return await call;
    }

    private async Task WatchAsync(string operation, Task call)
    {
        var failed = true;
        try
        {
            await call;
            failed = false;
        }
        finally
        {
            metrics.Called(operation, failed);
        }
    }

    private async Task<CommitAnswer> WatchCommitAsync(Func<CommitBatch> gather, CancellationToken cancellationToken)
    {
        var begun = metrics.Now;
        CommitBatch? batch = null;
        CommitAnswer? answer = null;
        try
        {
            answer = await store.CommitAsync(
                () =>
                {
                    begun = metrics.Now; // What came before was waiting for another batch.
                    return batch = gather();
                },
                cancellationToken);
        }
        finally
        {
            metrics.Called("commit", failed: answer is null);
        }

        if (batch is { Operations.Count: > 0 })
        {
            metrics.Flushed(batch.Operations.Count, metrics.TimeSince(begun));
            Count(batch, answer);
        }

        return answer;
    }

    private void Count(CommitBatch batch, CommitAnswer answer)
    {
        for (var i = 0; i < batch.Operations.Count && i < answer.Answers.Count; i++)
        {
            var kind = answer.Answers[i].Kind;
            if (kind == AnswerKind.Fenced)
            {
                metrics.Fenced();
            }
            else if (batch.Operations[i] is StartOperation start)
            {
                metrics.Started(start.Workflow, OutcomeOf(kind));
            }
        }
    }

    /// <summary>The word for what came of a start.</summary>
    public static string OutcomeOf(AnswerKind kind) => kind switch
    {
        AnswerKind.Started => "started",
        AnswerKind.Existing => "existing",
        _ => "conflict",
    };
}
