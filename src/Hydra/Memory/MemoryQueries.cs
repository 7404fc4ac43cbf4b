using Hydra.Storage;

namespace Hydra.Memory;

/// <summary>Reads of one namespace, each of one moment.</summary>
internal sealed class MemoryQueries(InMemoryDatabase database, NamespaceTables tables) : IWorkflowQueries
{
    private const int MostRows = 1000;

    public Task<ExecutionRow?> FindAsync(ExecutionId id, CancellationToken cancellationToken) =>
        ReadAsync(id, static (tables, id, _) => tables.Find(id)?.Row, cancellationToken);

    public Task<ExecutionRow?> FindByKeyAsync(string key, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(key);
        return ReadAsync(key, static (tables, key, _) => tables.FindByKey(key)?.Row, cancellationToken);
    }

    public Task<IReadOnlyList<FoundEnd>> FindEndsAsync(
        IReadOnlyCollection<ExecutionId> ids, int mostBytes, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(ids.Count, MostRows);
        ArgumentOutOfRangeException.ThrowIfNegative(mostBytes);
        return ReadAsync<(IReadOnlyCollection<ExecutionId> Ids, int MostBytes), IReadOnlyList<FoundEnd>>(
            (ids, mostBytes),
            static (tables, look, _) =>
            [
                .. look.Ids.Select(tables.Find).OfType<StoredExecution>().Select(one => End(one, look.MostBytes)),
            ],
            cancellationToken);
    }

    public Task<IReadOnlyList<ExecutionRow>> ListAsync(ExecutionFilter filter, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(filter);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(filter.Limit);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(filter.Limit, MostRows);
        return ReadAsync(filter, List, cancellationToken);
    }

    public Task<IReadOnlyList<JournalEntry>> ReadJournalAsync(
        ExecutionId id, long afterSeq, int limit, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(limit);
        return ReadAsync(
            (id, afterSeq, limit),
            static (tables, page, _) =>
                (IReadOnlyList<JournalEntry>)(tables.Find(page.id)?.EntriesAfter(page.afterSeq, page.limit) ?? []),
            cancellationToken);
    }

    public Task<IReadOnlyList<StepTry>> ReadTriesAsync(ExecutionId id, CancellationToken cancellationToken) =>
        ReadAsync<ExecutionId, IReadOnlyList<StepTry>>(
            id, static (tables, id, _) => [.. tables.Find(id)?.Tries.Values ?? []], cancellationToken);

    public Task<IReadOnlyList<CrashRow>> ReadCrashesAsync(ExecutionId id, CancellationToken cancellationToken) =>
        ReadAsync<ExecutionId, IReadOnlyList<CrashRow>>(
            id, static (tables, id, _) => tables.Find(id)?.Crashes ?? [], cancellationToken);

    public Task<IReadOnlyList<RefusalRow>> ReadRefusalsAsync(ExecutionId id, CancellationToken cancellationToken) =>
        ReadAsync<ExecutionId, IReadOnlyList<RefusalRow>>(
            id, static (tables, id, _) => tables.Find(id)?.Refusals ?? [], cancellationToken);

    public Task<Origin?> FindOriginAsync(ExecutionId id, CancellationToken cancellationToken) =>
        ReadAsync(id, static (tables, id, _) => tables.Find(id)?.Origin, cancellationToken);

    public Task<IReadOnlyList<OriginRow>> ListDescendantsAsync(
        ExecutionId source, ExecutionId? after, int limit, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, MostRows);
        return ReadAsync<ExecutionId, IReadOnlyList<OriginRow>>(
            source,
            (tables, source, _) =>
            [
                .. tables.DescendantsOf(source).Where(id => after is null || id > after).Take(limit)
                    .Select(id => new OriginRow(id, tables.Get(id).Origin!)),
            ],
            cancellationToken);
    }

    public Task<IReadOnlyList<SessionRow>> ListSessionsAsync(CancellationToken cancellationToken) =>
        ReadAsync<int, IReadOnlyList<SessionRow>>(
            0,
            static (tables, _, _) =>
                [.. tables.Sessions.Values.OrderBy(static session => session.Worker, StringComparer.Ordinal)],
            cancellationToken);

    public Task<ExecutionCounts> CountAsync(int limit, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        return ReadAsync(limit, Counting.Count, cancellationToken);
    }

    public Task<Instant> NowAsync(CancellationToken cancellationToken) =>
        ReadAsync(0, static (_, _, now) => now, cancellationToken);

    private static IReadOnlyList<ExecutionRow> List(NamespaceTables tables, ExecutionFilter filter, Instant _)
    {
        var ids = filter.Before is { } before
            ? tables.Ids.GetViewBetween(default, before).Reverse().SkipWhile(id => id == before)
            : tables.Ids.Reverse();
        return
        [
            .. ids.Select(id => tables.Get(id).Row)
                .Where(row => filter.State is null || row.State == filter.State)
                .Where(row => filter.Workflow is null || row.Workflow == filter.Workflow)
                .Take(filter.Limit),
        ];
    }

    private static FoundEnd End(StoredExecution one, int mostBytes)
    {
        var last = one.Row.State.IsTerminal() ? one.Journal[^1] : null;
        return new FoundEnd(one.Row.Id, one.Row.State, last?.Output.Length <= mostBytes ? last : null);
    }

    private Task<TAnswer> ReadAsync<TRequest, TAnswer>(
        TRequest request,
        Func<NamespaceTables, TRequest, Instant, TAnswer> read,
        CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested
            ? Task.FromCanceled<TAnswer>(cancellationToken)
            : Task.FromResult(database.Read(tables, request, read));
}
