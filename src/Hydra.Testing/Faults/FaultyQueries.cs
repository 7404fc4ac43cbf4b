namespace Hydra.Testing;

/// <summary>The queries of a <see cref="FaultyStore"/>, all of which count as one kind of call.</summary>
internal sealed class FaultyQueries(IWorkflowQueries queries, FaultyStore store) : IWorkflowQueries
{
    public Task<ExecutionRow?> FindAsync(ExecutionId id, CancellationToken cancellationToken) =>
        CallAsync(() => queries.FindAsync(id, cancellationToken), cancellationToken);

    public Task<ExecutionRow?> FindByKeyAsync(string key, CancellationToken cancellationToken) =>
        CallAsync(() => queries.FindByKeyAsync(key, cancellationToken), cancellationToken);

    public Task<IReadOnlyList<FoundEnd>> FindEndsAsync(
        IReadOnlyCollection<ExecutionId> ids, int mostBytes, CancellationToken cancellationToken) =>
        CallAsync(() => queries.FindEndsAsync(ids, mostBytes, cancellationToken), cancellationToken);

    public Task<IReadOnlyList<ExecutionRow>> ListAsync(ExecutionFilter filter, CancellationToken cancellationToken) =>
        CallAsync(() => queries.ListAsync(filter, cancellationToken), cancellationToken);

    public Task<IReadOnlyList<JournalEntry>> ReadJournalAsync(
        ExecutionId id, long afterSeq, int limit, CancellationToken cancellationToken) =>
        CallAsync(() => queries.ReadJournalAsync(id, afterSeq, limit, cancellationToken), cancellationToken);

    public Task<IReadOnlyList<StepTry>> ReadTriesAsync(ExecutionId id, CancellationToken cancellationToken) =>
        CallAsync(() => queries.ReadTriesAsync(id, cancellationToken), cancellationToken);

    public Task<IReadOnlyList<CrashRow>> ReadCrashesAsync(ExecutionId id, CancellationToken cancellationToken) =>
        CallAsync(() => queries.ReadCrashesAsync(id, cancellationToken), cancellationToken);

    public Task<IReadOnlyList<RefusalRow>> ReadRefusalsAsync(ExecutionId id, CancellationToken cancellationToken) =>
        CallAsync(() => queries.ReadRefusalsAsync(id, cancellationToken), cancellationToken);

    public Task<Origin?> FindOriginAsync(ExecutionId id, CancellationToken cancellationToken) =>
        CallAsync(() => queries.FindOriginAsync(id, cancellationToken), cancellationToken);

    public Task<IReadOnlyList<OriginRow>> ListDescendantsAsync(
        ExecutionId source, ExecutionId? after, int limit, CancellationToken cancellationToken) =>
        CallAsync(() => queries.ListDescendantsAsync(source, after, limit, cancellationToken), cancellationToken);

    public Task<IReadOnlyList<SessionRow>> ListSessionsAsync(CancellationToken cancellationToken) =>
        CallAsync(() => queries.ListSessionsAsync(cancellationToken), cancellationToken);

    public Task<ExecutionCounts> CountAsync(int limit, CancellationToken cancellationToken) =>
        CallAsync(() => queries.CountAsync(limit, cancellationToken), cancellationToken);

    public Task<Instant> NowAsync(CancellationToken cancellationToken) =>
        CallAsync(() => queries.NowAsync(cancellationToken), cancellationToken);

    private Task<T> CallAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken) =>
        store.CallAsync(StoreCallKind.Query, call, cancellationToken);
}
