using Hydra.Storage;

namespace Hydra.Engine;

/// <summary>Reads for people, with payloads decoded as far as that can be done here.</summary>
internal sealed class DecodingQueries(IWorkflowQueries queries, RowCodec codec) : IWorkflowQueries
{
    public Task<ExecutionRow?> FindAsync(ExecutionId id, CancellationToken cancellationToken) =>
        queries.FindAsync(id, cancellationToken);

    public Task<ExecutionRow?> FindByKeyAsync(string key, CancellationToken cancellationToken) =>
        queries.FindByKeyAsync(key, cancellationToken);

    /// <summary>
    /// Tells no last entry for which a key would have to be looked for. Whoever waits for it reads it by himself, and
    /// is told if he cannot; his neighbours have nothing to do with it.
    /// </summary>
    public async Task<IReadOnlyList<FoundEnd>> FindEndsAsync(
        IReadOnlyCollection<ExecutionId> ids, int mostBytes, CancellationToken cancellationToken)
    {
        var ends = await queries.FindEndsAsync(ids, mostBytes, cancellationToken);
        return
        [
            .. ends.Select(end => end with
            {
                Last = end.Last is { } last && codec.Knows(RowCodec.PayloadsOf([last]))
                    ? codec.DecodeWhatCanBe(end.Id, [last])[0]
                    : null,
            }),
        ];
    }

    public Task<IReadOnlyList<ExecutionRow>> ListAsync(ExecutionFilter filter, CancellationToken cancellationToken) =>
        queries.ListAsync(filter, cancellationToken);

    public async Task<IReadOnlyList<JournalEntry>> ReadJournalAsync(
        ExecutionId id, long afterSeq, int limit, CancellationToken cancellationToken)
    {
        var entries = await queries.ReadJournalAsync(id, afterSeq, limit, cancellationToken);
        await codec.LoadAsync(RowCodec.PayloadsOf(entries), cancellationToken);
        return codec.DecodeWhatCanBe(id, entries);
    }

    public async Task<IReadOnlyList<StepTry>> ReadTriesAsync(ExecutionId id, CancellationToken cancellationToken)
    {
        var rows = await queries.ReadTriesAsync(id, cancellationToken);
        await codec.LoadAsync(RowCodec.PayloadsOf(rows), cancellationToken);
        return [.. rows.Select(row => codec.DecodeWhatCanBe(id, row))];
    }

    public Task<IReadOnlyList<CrashRow>> ReadCrashesAsync(ExecutionId id, CancellationToken cancellationToken) =>
        queries.ReadCrashesAsync(id, cancellationToken);

    public async Task<IReadOnlyList<RefusalRow>> ReadRefusalsAsync(
        ExecutionId id, CancellationToken cancellationToken)
    {
        var rows = await queries.ReadRefusalsAsync(id, cancellationToken);
        await codec.LoadAsync(rows.Select(static row => row.Difference), cancellationToken);
        return [.. rows.Select(row => codec.DecodeWhatCanBe(id, row))];
    }

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
