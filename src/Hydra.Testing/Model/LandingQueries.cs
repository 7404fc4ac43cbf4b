namespace Hydra.Testing;

/// <summary>The queries of a <see cref="LandingStore"/>: among the tries stands what has landed.</summary>
internal sealed class LandingQueries(IWorkflowQueries queries, Landings landings) : IWorkflowQueries
{
    public Task<ExecutionRow?> FindAsync(ExecutionId id, CancellationToken cancellationToken) =>
        queries.FindAsync(id, cancellationToken);

    public Task<ExecutionRow?> FindByKeyAsync(string key, CancellationToken cancellationToken) =>
        queries.FindByKeyAsync(key, cancellationToken);

    public Task<IReadOnlyList<FoundEnd>> FindEndsAsync(
        IReadOnlyCollection<ExecutionId> ids, int mostBytes, CancellationToken cancellationToken) =>
        queries.FindEndsAsync(ids, mostBytes, cancellationToken);

    public Task<IReadOnlyList<ExecutionRow>> ListAsync(ExecutionFilter filter, CancellationToken cancellationToken) =>
        queries.ListAsync(filter, cancellationToken);

    public Task<IReadOnlyList<JournalEntry>> ReadJournalAsync(
        ExecutionId id, long afterSeq, int limit, CancellationToken cancellationToken) =>
        queries.ReadJournalAsync(id, afterSeq, limit, cancellationToken);

    public async Task<IReadOnlyList<StepTry>> ReadTriesAsync(ExecutionId id, CancellationToken cancellationToken)
    {
        var tries = await queries.ReadTriesAsync(id, cancellationToken);
        return
        [
            .. tries.Concat(landings.Of(id)).OrderBy(static one => one.Key, StringComparer.Ordinal)
                .ThenBy(static one => (one.Attempt, one.Epoch, one.Phase)),
        ];
    }

    public Task<IReadOnlyList<CrashRow>> ReadCrashesAsync(ExecutionId id, CancellationToken cancellationToken) =>
        queries.ReadCrashesAsync(id, cancellationToken);

    public Task<IReadOnlyList<RefusalRow>> ReadRefusalsAsync(ExecutionId id, CancellationToken cancellationToken) =>
        queries.ReadRefusalsAsync(id, cancellationToken);

    public Task<Origin?> FindOriginAsync(ExecutionId id, CancellationToken cancellationToken) =>
        queries.FindOriginAsync(id, cancellationToken);

    public Task<IReadOnlyList<OriginRow>> ListDescendantsAsync(
        ExecutionId source, ExecutionId? after, int limit, CancellationToken cancellationToken) =>
        queries.ListDescendantsAsync(source, after, limit, cancellationToken);

    public Task<IReadOnlyList<SessionRow>> ListSessionsAsync(CancellationToken cancellationToken) =>
        queries.ListSessionsAsync(cancellationToken);

    public Task<ExecutionCounts> CountAsync(int limit, CancellationToken cancellationToken) =>
        queries.CountAsync(limit, cancellationToken);

    public Task<Instant> NowAsync(CancellationToken cancellationToken) => queries.NowAsync(cancellationToken);
}
