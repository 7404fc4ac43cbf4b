using Hydra.Storage;

namespace Hydra.Engine.Observing;

/// <summary>Counts the reads for people and tools.</summary>
internal sealed class ObservedQueries(IWorkflowQueries queries, ObservedStore gate) : IWorkflowQueries
{
    public Task<ExecutionRow?> FindAsync(ExecutionId id, CancellationToken cancellationToken) =>
        gate.Watch("find", queries.FindAsync(id, cancellationToken));

    public Task<ExecutionRow?> FindByKeyAsync(string key, CancellationToken cancellationToken) =>
        gate.Watch("find_by_key", queries.FindByKeyAsync(key, cancellationToken));

    public Task<IReadOnlyList<FoundEnd>> FindEndsAsync(
        IReadOnlyCollection<ExecutionId> ids, int mostBytes, CancellationToken cancellationToken) =>
        gate.Watch("find_ends", queries.FindEndsAsync(ids, mostBytes, cancellationToken));

    public Task<IReadOnlyList<ExecutionRow>> ListAsync(
        ExecutionFilter filter, CancellationToken cancellationToken) =>
        gate.Watch("list", queries.ListAsync(filter, cancellationToken));

    public Task<IReadOnlyList<JournalEntry>> ReadJournalAsync(
        ExecutionId id, long afterSeq, int limit, CancellationToken cancellationToken) =>
        gate.Watch("read_journal", queries.ReadJournalAsync(id, afterSeq, limit, cancellationToken));

    public Task<IReadOnlyList<StepTry>> ReadTriesAsync(ExecutionId id, CancellationToken cancellationToken) =>
        gate.Watch("read_tries", queries.ReadTriesAsync(id, cancellationToken));

    public Task<IReadOnlyList<CrashRow>> ReadCrashesAsync(ExecutionId id, CancellationToken cancellationToken) =>
        gate.Watch("read_crashes", queries.ReadCrashesAsync(id, cancellationToken));

    public Task<IReadOnlyList<RefusalRow>> ReadRefusalsAsync(ExecutionId id, CancellationToken cancellationToken) =>
        gate.Watch("read_refusals", queries.ReadRefusalsAsync(id, cancellationToken));

    public Task<Origin?> FindOriginAsync(ExecutionId id, CancellationToken cancellationToken) =>
        gate.Watch("find_origin", queries.FindOriginAsync(id, cancellationToken));

    public Task<IReadOnlyList<OriginRow>> ListDescendantsAsync(
        ExecutionId source, ExecutionId? after, int limit, CancellationToken cancellationToken) =>
        gate.Watch("list_descendants", queries.ListDescendantsAsync(source, after, limit, cancellationToken));

    public Task<IReadOnlyList<SessionRow>> ListSessionsAsync(CancellationToken cancellationToken) =>
        gate.Watch("list_sessions", queries.ListSessionsAsync(cancellationToken));

    public Task<ExecutionCounts> CountAsync(int limit, CancellationToken cancellationToken) =>
        gate.Watch("count", queries.CountAsync(limit, cancellationToken));

    public Task<Instant> NowAsync(CancellationToken cancellationToken) =>
        gate.Watch("now", queries.NowAsync(cancellationToken));
}
