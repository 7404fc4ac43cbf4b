using Hydra.Sqlite.Connections;
using Hydra.Sqlite.Writing;

namespace Hydra.Sqlite.Reading;

/// <summary>Reads for people and tools, on the thread pool and on connections of their own.</summary>
internal sealed class SqliteQueries(ReaderPool<ReadStatements> readers, StoreClock clock) : IWorkflowQueries
{
    // Longer than any id, and so behind all of them.
    private static readonly byte[] BehindAll = [.. Enumerable.Repeat(byte.MaxValue, 17)];

    public Task<ExecutionRow?> FindAsync(ExecutionId id, CancellationToken cancellationToken) => ReadAsync(
        reader => Rows.FirstOrNull(reader.Find.Bind(2, id), Rows.Execution), cancellationToken);

    public Task<ExecutionRow?> FindByKeyAsync(string key, CancellationToken cancellationToken) =>
        StoreRules.IsStorable(key)
            ? ReadAsync(
                reader => Rows.FirstOrNull(reader.FindByKey.Bind(2, key), Rows.Execution), cancellationToken)
            : Task.FromResult<ExecutionRow?>(null);

    public Task<IReadOnlyList<FoundEnd>> FindEndsAsync(
        IReadOnlyCollection<ExecutionId> ids, int mostBytes, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(ids.Count, 1_000);
        ArgumentOutOfRangeException.ThrowIfNegative(mostBytes);
        return ReadAsync<IReadOnlyList<FoundEnd>>(
            reader => reader.AtOneMoment<IReadOnlyList<FoundEnd>>(
                () => [.. ids.Select(id => FindEnd(reader, id, mostBytes)).OfType<FoundEnd>()]),
            cancellationToken);
    }

    public Task<IReadOnlyList<ExecutionRow>> ListAsync(ExecutionFilter filter, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(filter.Limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(filter.Limit, 1_000);
        return filter.Workflow is { } workflow && !StoreRules.IsStorable(workflow)
            ? Task.FromResult<IReadOnlyList<ExecutionRow>>([])
            : ReadAsync<IReadOnlyList<ExecutionRow>>(
                reader => Rows.All(Bind(ChooseList(reader, filter.State), filter), Rows.Execution), cancellationToken);
    }

    public Task<IReadOnlyList<JournalEntry>> ReadJournalAsync(
        ExecutionId id, long afterSeq, int limit, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(limit);
        return ReadAsync<IReadOnlyList<JournalEntry>>(
            reader => Rows.All(reader.Journal.Bind(2, id).Bind(3, afterSeq).Bind(4, limit), Rows.Entry),
            cancellationToken);
    }

    public Task<IReadOnlyList<StepTry>> ReadTriesAsync(ExecutionId id, CancellationToken cancellationToken) =>
        ReadAsync<IReadOnlyList<StepTry>>(
            reader => Rows.All(reader.Tries.Bind(2, id), Rows.Try), cancellationToken);

    public Task<IReadOnlyList<CrashRow>> ReadCrashesAsync(ExecutionId id, CancellationToken cancellationToken) =>
        ReadAsync<IReadOnlyList<CrashRow>>(
            reader => Rows.All(reader.Crashes.Bind(2, id), Rows.Crash), cancellationToken);

    public Task<IReadOnlyList<RefusalRow>> ReadRefusalsAsync(ExecutionId id, CancellationToken cancellationToken) =>
        ReadAsync<IReadOnlyList<RefusalRow>>(
            reader => Rows.All(reader.Refusals.Bind(2, id), Rows.Refusal), cancellationToken);

    public Task<Origin?> FindOriginAsync(ExecutionId id, CancellationToken cancellationToken) => ReadAsync(
        reader => Rows.FirstOrNull(reader.Origin.Bind(2, id), Rows.Origin)?.Origin, cancellationToken);

    public Task<IReadOnlyList<OriginRow>> ListDescendantsAsync(
        ExecutionId source, ExecutionId? after, int limit, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, 1_000);
        return ReadAsync<IReadOnlyList<OriginRow>>(
            reader =>
            {
                var list = reader.Descendants.Bind(2, source).Bind(4, limit);
                return Rows.All(after is { } id ? list.Bind(3, id) : list.BindNull(3), Rows.Origin);
            },
            cancellationToken);
    }

    public Task<IReadOnlyList<SessionRow>> ListSessionsAsync(CancellationToken cancellationToken) =>
        ReadAsync<IReadOnlyList<SessionRow>>(
            static reader => Rows.All(reader.Sessions, Rows.Session), cancellationToken);

    public Task<ExecutionCounts> CountAsync(int limit, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        return ReadAsync(reader => reader.Counts.Count(limit, clock.Now()), cancellationToken);
    }

    public Task<Instant> NowAsync(CancellationToken cancellationToken) => ReadAsync(
        reader =>
        {
            reader.ReadNow.Run();
            return clock.Now();
        },
        cancellationToken);

    private static FoundEnd? FindEnd(ReadStatements reader, ExecutionId id, int mostBytes)
    {
        if (Rows.FirstOrNull(reader.Find.Bind(2, id), Rows.Execution) is not { } row)
        {
            return null;
        }

        var last = row.State.IsTerminal()
            ? Rows.FirstOrNull(reader.Journal.Bind(2, id).Bind(3, row.LastSeq - 1).Bind(4, 1), Rows.Entry)
            : null;
        return new FoundEnd(id, row.State, last?.Output.Length <= mostBytes ? last : null);
    }

    private static Statement ChooseList(ReadStatements reader, ExecutionState? state) => state switch
    {
        ExecutionState.Running => reader.ListOwned,
        ExecutionState.Pending or ExecutionState.Sleeping or ExecutionState.Waiting => reader.ListDue,
        ExecutionState.Blocked or ExecutionState.Failed or ExecutionState.Cancelled or ExecutionState.TimedOut =>
            reader.ListTroubled,
        _ => reader.List,
    };

    private static Statement Bind(Statement list, ExecutionFilter filter)
    {
        _ = filter.Before is { } before ? list.Bind(2, before) : list.Bind(2, BehindAll);
        _ = filter.State is { } state ? list.Bind(3, (long)state) : list.BindNull(3);
        return list.Bind(4, filter.Workflow).Bind(5, filter.Limit);
    }

    /// <summary>Reads elsewhere than on the caller's thread, which may be one that draws a window.</summary>
    private Task<T> ReadAsync<T>(Func<ReadStatements, T> read, CancellationToken cancellationToken) =>
        Task.Run(() => readers.Read(read), cancellationToken);
}
