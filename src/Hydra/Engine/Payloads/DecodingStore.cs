using Hydra.Storage;

namespace Hydra.Engine;

/// <summary>A store whose rows come with their payloads decoded, as far as that can be done here.</summary>
/// <remarks>
/// What cannot be stays encoded: people are shown what it is, and whoever is to go on with it has to look. What is
/// committed goes through as it is, since the pipeline encodes it where it is submitted, beside the writers.
/// </remarks>
internal sealed class DecodingStore(IWorkflowStore store, RowCodec codec) : IWorkflowStore
{
    public string Namespace => store.Namespace;

    public StoreCapabilities Capabilities => store.Capabilities;

    public IWorkflowQueries Queries { get; } = new DecodingQueries(store.Queries, codec);

    public ITransactionalStore? Transactions { get; } =
        store.Transactions is { } transactions ? new EncodingTransactions(transactions, codec) : null;

    public IScheduleStore? Schedules { get; } =
        store.Schedules is { } schedules ? new EncodingSchedules(schedules, codec) : null;

    public IRetentionStore? Retention => store.Retention;

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

    /// <summary>
    /// What names the key of a subject is answered as it is stored: others must not wait for that. Whoever begins it
    /// decodes it (<see cref="RowCodec.DecodeAsync(ClaimedExecution, CancellationToken)"/>).
    /// </summary>
    public async Task<ClaimAnswer> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken)
    {
        var answer = await store.ClaimAsync(request, cancellationToken);
        return !answer.Executions.Any(static one => one.Entries.Any(RowCodec.IsEncoded)) ? answer : answer with
        {
            Executions = [.. answer.Executions.Select(
                one => RowCodec.NameSubject(one.Entries) ? one : codec.DecodeWhatCanBe(one))],
        };
    }

    public Task<CommitAnswer> CommitAsync(Func<CommitBatch> gather, CancellationToken cancellationToken) =>
        store.CommitAsync(gather, cancellationToken);

    public Task<MaintenanceAnswer> MaintainAsync(MaintenanceRequest request, CancellationToken cancellationToken) =>
        store.MaintainAsync(request, cancellationToken);

    public Task WaitForChangeAsync(CancellationToken cancellationToken) => store.WaitForChangeAsync(cancellationToken);

    public ValueTask DisposeAsync() => store.DisposeAsync();
}
