using Hydra.Storage;

namespace Hydra.Engine;

/// <summary>Reads for people, with payloads decoded as far as that can be done here.</summary>
internal sealed class DecodingQueries(IWorkflowQueries queries, RowCodec codec) : IWorkflowQueries
{
    public Task<ExecutionRow?> FindAsync(ExecutionId id, CancellationToken cancellationToken) =>
        queries.FindAsync(id, cancellationToken);

    public Task<ExecutionRow?> FindByKeyAsync(string key, CancellationToken cancellationToken) =>
        queries.FindByKeyAsync(key, cancellationToken);

    public async Task<IReadOnlyList<FoundEnd>> FindEndsAsync(
        IReadOnlyCollection<ExecutionId> ids, int mostBytes, CancellationToken cancellationToken)
    {
        var ends = await queries.FindEndsAsync(ids, mostBytes, cancellationToken);
        var read = await FindReadableAsync([.. ends.Where(static end => end.Last is not null)], cancellationToken);
        return
        [
            .. ends.Select(end => end with
            {
                Last = read.Contains(end.Id) ? codec.DecodeWhatCanBe(end.Id, [end.Last!])[0] : null,
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

    /// <summary>
    /// Which last entries can be decoded as far as keys of subjects can be asked for. Whoever waits for one of the
    /// others reads it by himself and is told why he cannot; his neighbours have nothing to do with it.
    /// </summary>
    private async Task<HashSet<ExecutionId>> FindReadableAsync(
        IReadOnlyList<FoundEnd> ended, CancellationToken cancellationToken)
    {
        try
        {
            var readable = await codec.LoadEachAsync(
                ended, static end => RowCodec.PayloadsOf([end.Last!]), log: null, cancellationToken);
            return [.. readable.Select(static end => end.Id)];
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return [];
        }
    }
}
