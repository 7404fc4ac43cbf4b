using Hydra.Storage;

namespace Hydra.Stores.Tests;

/// <summary>The queries of a <see cref="PlantedStore"/>.</summary>
internal sealed class PlantedQueries(IWorkflowQueries queries, Planted fault) : IWorkflowQueries
{
    public Task<ExecutionRow?> FindAsync(ExecutionId id, CancellationToken cancellationToken) =>
        queries.FindAsync(id, cancellationToken);

    public Task<ExecutionRow?> FindByKeyAsync(string key, CancellationToken cancellationToken) =>
        queries.FindByKeyAsync(key, cancellationToken);

    public Task<IReadOnlyList<FoundEnd>> FindEndsAsync(
        IReadOnlyCollection<ExecutionId> ids, int mostBytes, CancellationToken cancellationToken) =>
        queries.FindEndsAsync(ids, mostBytes, cancellationToken);

    public Task<IReadOnlyList<ExecutionRow>> ListAsync(ExecutionFilter filter, CancellationToken cancellationToken) =>
        queries.ListAsync(
            fault == Planted.ListState ? filter with { State = null } : filter, cancellationToken);

    public Task<IReadOnlyList<JournalEntry>> ReadJournalAsync(
        ExecutionId id, long afterSeq, int limit, CancellationToken cancellationToken) =>
        queries.ReadJournalAsync(
            id, fault == Planted.JournalPage && afterSeq >= 0 ? afterSeq + 1 : afterSeq, limit, cancellationToken);

    public Task<IReadOnlyList<StepTry>> ReadTriesAsync(ExecutionId id, CancellationToken cancellationToken) =>
        queries.ReadTriesAsync(id, cancellationToken);

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
