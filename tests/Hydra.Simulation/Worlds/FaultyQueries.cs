using Hydra.Storage;

namespace Hydra.Simulation.Worlds;

/// <summary>The reads, over the same network as the writes. The engine asks for no execution by its key.</summary>
internal sealed class FaultyQueries(FaultyStore store, IWorkflowQueries inner) : IWorkflowQueries
{
    public Task<ExecutionRow?> FindAsync(ExecutionId id, CancellationToken cancellationToken) =>
        Read(CallKind.Find, () => inner.FindAsync(id, CancellationToken.None), id);

    public Task<IReadOnlyList<JournalEntry>> ReadJournalAsync(
        ExecutionId id, long afterSeq, int limit, CancellationToken cancellationToken) =>
        Read(CallKind.ReadJournal, () => inner.ReadJournalAsync(id, afterSeq, limit, CancellationToken.None), id);

    public Task<ExecutionRow?> FindByKeyAsync(string key, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<IReadOnlyList<FoundEnd>> FindEndsAsync(
        IReadOnlyCollection<ExecutionId> ids, int mostBytes, CancellationToken cancellationToken) =>
        Read(CallKind.FindEnds, () => inner.FindEndsAsync(ids, mostBytes, CancellationToken.None), [.. ids]);

    public Task<IReadOnlyList<ExecutionRow>> ListAsync(ExecutionFilter filter, CancellationToken cancellationToken) =>
        Read(CallKind.List, () => inner.ListAsync(filter, CancellationToken.None));

    public Task<IReadOnlyList<StepTry>> ReadTriesAsync(ExecutionId id, CancellationToken cancellationToken) =>
        Read(CallKind.ReadTries, () => inner.ReadTriesAsync(id, CancellationToken.None), id);

    public Task<IReadOnlyList<CrashRow>> ReadCrashesAsync(ExecutionId id, CancellationToken cancellationToken) =>
        Read(CallKind.ReadCrashes, () => inner.ReadCrashesAsync(id, CancellationToken.None), id);

    public Task<IReadOnlyList<RefusalRow>> ReadRefusalsAsync(ExecutionId id, CancellationToken cancellationToken) =>
        Read(CallKind.ReadRefusals, () => inner.ReadRefusalsAsync(id, CancellationToken.None), id);

    public Task<Origin?> FindOriginAsync(ExecutionId id, CancellationToken cancellationToken) =>
        Read(CallKind.ReadOrigins, () => inner.FindOriginAsync(id, CancellationToken.None), id);

    public Task<IReadOnlyList<OriginRow>> ListDescendantsAsync(
        ExecutionId source, ExecutionId? after, int limit, CancellationToken cancellationToken) =>
        Read(
            CallKind.ReadOrigins,
            () => inner.ListDescendantsAsync(source, after, limit, CancellationToken.None),
            source);

    public Task<IReadOnlyList<SessionRow>> ListSessionsAsync(CancellationToken cancellationToken) =>
        Read(CallKind.ListSessions, () => inner.ListSessionsAsync(CancellationToken.None));

    public Task<ExecutionCounts> CountAsync(int limit, CancellationToken cancellationToken) =>
        Read(CallKind.Count, () => inner.CountAsync(limit, CancellationToken.None));

    public Task<Instant> NowAsync(CancellationToken cancellationToken) =>
        Read(CallKind.Now, () => inner.NowAsync(CancellationToken.None));

    private Task<T> Read<T>(CallKind kind, Func<Task<T>> read, params ExecutionId[] about) =>
        store.Call(kind, () => read().GetAwaiter().GetResult(), () => about);
}
