using Hydra.Storage;

namespace Hydra.Simulation.Worlds;

/// <summary>The reads that clients wait for results by; the others answer at once.</summary>
internal sealed class FaultyQueries(FaultyStore store, IWorkflowQueries inner) : IWorkflowQueries
{
    public Task<ExecutionRow?> FindAsync(ExecutionId id, CancellationToken cancellationToken) =>
        store.Call(CallKind.Find, () => inner.FindAsync(id, CancellationToken.None).GetAwaiter().GetResult());

    public Task<IReadOnlyList<JournalEntry>> ReadJournalAsync(
        ExecutionId id, long afterSeq, int limit, CancellationToken cancellationToken) => store.Call(
        CallKind.ReadJournal,
        () => inner.ReadJournalAsync(id, afterSeq, limit, CancellationToken.None).GetAwaiter().GetResult());

    public Task<ExecutionRow?> FindByKeyAsync(string key, CancellationToken cancellationToken) =>
        inner.FindByKeyAsync(key, cancellationToken);

    public Task<IReadOnlyList<ExecutionRow>> ListAsync(ExecutionFilter filter, CancellationToken cancellationToken) =>
        inner.ListAsync(filter, cancellationToken);

    public Task<IReadOnlyList<StepTry>> ReadTriesAsync(ExecutionId id, CancellationToken cancellationToken) =>
        inner.ReadTriesAsync(id, cancellationToken);

    public Task<IReadOnlyList<CrashRow>> ReadCrashesAsync(ExecutionId id, CancellationToken cancellationToken) =>
        inner.ReadCrashesAsync(id, cancellationToken);

    public Task<IReadOnlyList<RefusalRow>> ReadRefusalsAsync(ExecutionId id, CancellationToken cancellationToken) =>
        inner.ReadRefusalsAsync(id, cancellationToken);

    public Task<IReadOnlyList<SessionRow>> ListSessionsAsync(CancellationToken cancellationToken) =>
        inner.ListSessionsAsync(cancellationToken);

    public Task<ExecutionCounts> CountAsync(int limit, CancellationToken cancellationToken) =>
        inner.CountAsync(limit, cancellationToken);

    public Task<Instant> NowAsync(CancellationToken cancellationToken) => inner.NowAsync(cancellationToken);
}
