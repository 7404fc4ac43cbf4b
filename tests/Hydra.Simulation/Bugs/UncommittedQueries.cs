using Hydra.Simulation.Worlds;
using Hydra.Storage;

namespace Hydra.Simulation.Bugs;

/// <summary>Reads ends that are still on their way to the database.</summary>
internal sealed class UncommittedQueries(Scenario scenario, IWorkflowQueries inner) : IWorkflowQueries
{
    public async Task<ExecutionRow?> FindAsync(ExecutionId id, CancellationToken cancellationToken) =>
        await inner.FindAsync(id, cancellationToken) is { } row
            && scenario.Oracle.EndsSent.TryGetValue(id, out var state) && !row.State.IsTerminal()
                ? row with { State = state }
                : await inner.FindAsync(id, cancellationToken);

    public Task<ExecutionRow?> FindByKeyAsync(string key, CancellationToken cancellationToken) =>
        inner.FindByKeyAsync(key, cancellationToken);

    public Task<IReadOnlyList<FoundEnd>> FindEndsAsync(
        IReadOnlyCollection<ExecutionId> ids, int mostBytes, CancellationToken cancellationToken) =>
        inner.FindEndsAsync(ids, mostBytes, cancellationToken);

    public Task<IReadOnlyList<ExecutionRow>> ListAsync(ExecutionFilter filter, CancellationToken cancellationToken) =>
        inner.ListAsync(filter, cancellationToken);

    public Task<IReadOnlyList<JournalEntry>> ReadJournalAsync(
        ExecutionId id, long afterSeq, int limit, CancellationToken cancellationToken) =>
        inner.ReadJournalAsync(id, afterSeq, limit, cancellationToken);

    public Task<IReadOnlyList<StepTry>> ReadTriesAsync(ExecutionId id, CancellationToken cancellationToken) =>
        inner.ReadTriesAsync(id, cancellationToken);

    public Task<IReadOnlyList<CrashRow>> ReadCrashesAsync(ExecutionId id, CancellationToken cancellationToken) =>
        inner.ReadCrashesAsync(id, cancellationToken);

    public Task<IReadOnlyList<RefusalRow>> ReadRefusalsAsync(ExecutionId id, CancellationToken cancellationToken) =>
        inner.ReadRefusalsAsync(id, cancellationToken);

    public Task<Origin?> FindOriginAsync(ExecutionId id, CancellationToken cancellationToken) =>
        inner.FindOriginAsync(id, cancellationToken);

    public Task<IReadOnlyList<OriginRow>> ListDescendantsAsync(
        ExecutionId source, ExecutionId? after, int limit, CancellationToken cancellationToken) =>
        inner.ListDescendantsAsync(source, after, limit, cancellationToken);

    public Task<IReadOnlyList<SessionRow>> ListSessionsAsync(CancellationToken cancellationToken) =>
        inner.ListSessionsAsync(cancellationToken);

    public Task<ExecutionCounts> CountAsync(int limit, CancellationToken cancellationToken) =>
        inner.CountAsync(limit, cancellationToken);

    public Task<Instant> NowAsync(CancellationToken cancellationToken) => inner.NowAsync(cancellationToken);
}
