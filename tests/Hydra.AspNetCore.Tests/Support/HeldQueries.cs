using Hydra.Storage;
using Hydra.Tests.Support;

namespace Hydra.AspNetCore.Tests.Support;

/// <summary>A store whose count and clock answer only once a task has ended, or as that fails.</summary>
internal sealed class HeldQueries(IWorkflowStore store, Task held) : WatchedStore(store)
{
    public override IWorkflowQueries Queries => new Waiting(base.Queries, held);

    private sealed class Waiting(IWorkflowQueries queries, Task held) : IWorkflowQueries
    {
        public Task<ExecutionRow?> FindAsync(ExecutionId id, CancellationToken cancellationToken) =>
            queries.FindAsync(id, cancellationToken);

        public Task<ExecutionRow?> FindByKeyAsync(string key, CancellationToken cancellationToken) =>
            queries.FindByKeyAsync(key, cancellationToken);

        public Task<IReadOnlyList<FoundEnd>> FindEndsAsync(
            IReadOnlyCollection<ExecutionId> ids, int mostBytes, CancellationToken cancellationToken) =>
            queries.FindEndsAsync(ids, mostBytes, cancellationToken);

        public Task<IReadOnlyList<ExecutionRow>> ListAsync(
            ExecutionFilter filter, CancellationToken cancellationToken) =>
            queries.ListAsync(filter, cancellationToken);

        public Task<IReadOnlyList<JournalEntry>> ReadJournalAsync(
            ExecutionId id, long afterSeq, int limit, CancellationToken cancellationToken) =>
            queries.ReadJournalAsync(id, afterSeq, limit, cancellationToken);

        public Task<IReadOnlyList<StepTry>> ReadTriesAsync(ExecutionId id, CancellationToken cancellationToken) =>
            queries.ReadTriesAsync(id, cancellationToken);

        public Task<IReadOnlyList<CrashRow>> ReadCrashesAsync(ExecutionId id, CancellationToken cancellationToken) =>
            queries.ReadCrashesAsync(id, cancellationToken);

        public Task<IReadOnlyList<RefusalRow>> ReadRefusalsAsync(
            ExecutionId id, CancellationToken cancellationToken) =>
            queries.ReadRefusalsAsync(id, cancellationToken);

        public Task<Origin?> FindOriginAsync(ExecutionId id, CancellationToken cancellationToken) =>
            queries.FindOriginAsync(id, cancellationToken);

        public Task<IReadOnlyList<OriginRow>> ListDescendantsAsync(
            ExecutionId source, ExecutionId? after, int limit, CancellationToken cancellationToken) =>
            queries.ListDescendantsAsync(source, after, limit, cancellationToken);

        public Task<IReadOnlyList<SessionRow>> ListSessionsAsync(CancellationToken cancellationToken) =>
            queries.ListSessionsAsync(cancellationToken);

        public async Task<ExecutionCounts> CountAsync(int limit, CancellationToken cancellationToken)
        {
            await held.WaitAsync(cancellationToken);
            return await queries.CountAsync(limit, cancellationToken);
        }

        public async Task<Instant> NowAsync(CancellationToken cancellationToken)
        {
            await held.WaitAsync(cancellationToken);
            return await queries.NowAsync(cancellationToken);
        }
    }
}
