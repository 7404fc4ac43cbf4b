using Hydra.Sqlite.Connections;
using Hydra.Sqlite.Transitions;
using Hydra.Sqlite.Writing;

namespace Hydra.Sqlite.Reading;

/// <summary>Reads for people and tools, on the thread pool and on connections of their own.</summary>
internal sealed class SqliteQueries(ReaderPool<ReadStatements> readers, StoreClock clock) : IWorkflowQueries
{
    public Task<ExecutionRow?> FindAsync(ExecutionId id, CancellationToken cancellationToken) => ReadAsync(
        reader => Rows.FirstOrNull(new ExecutionKey(id).Bind(reader.Find), Rows.Execution), cancellationToken);

    public Task<ExecutionRow?> FindByKeyAsync(string key, CancellationToken cancellationToken) => ReadAsync(
        reader => Rows.FirstOrNull(reader.FindByKey.Bind(2, key), Rows.Execution), cancellationToken);

    public Task<IReadOnlyList<ExecutionRow>> ListAsync(ExecutionFilter filter, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(filter.Limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(filter.Limit, 1_000);
        return ReadAsync<IReadOnlyList<ExecutionRow>>(
            reader => new ExecutionList(reader, filter).Read(cancellationToken), cancellationToken);
    }

    public Task<IReadOnlyList<JournalEntry>> ReadJournalAsync(
        ExecutionId id, long afterSeq, int limit, CancellationToken cancellationToken) =>
        ReadAsync<IReadOnlyList<JournalEntry>>(
            reader => Rows.All(
                new ExecutionKey(id).Bind(reader.Journal).Bind(4, afterSeq).Bind(5, Math.Max(limit, 0)), Rows.Entry),
            cancellationToken);

    public Task<IReadOnlyList<StepTry>> ReadTriesAsync(ExecutionId id, CancellationToken cancellationToken) =>
        ReadAsync<IReadOnlyList<StepTry>>(
            reader => Rows.All(new ExecutionKey(id).Bind(reader.Tries), Rows.Try), cancellationToken);

    public Task<IReadOnlyList<CrashRow>> ReadCrashesAsync(ExecutionId id, CancellationToken cancellationToken) =>
        ReadAsync<IReadOnlyList<CrashRow>>(
            reader => Rows.All(new ExecutionKey(id).Bind(reader.Crashes), Rows.Crash), cancellationToken);

    public Task<IReadOnlyList<RefusalRow>> ReadRefusalsAsync(ExecutionId id, CancellationToken cancellationToken) =>
        ReadAsync<IReadOnlyList<RefusalRow>>(
            reader => Rows.All(new ExecutionKey(id).Bind(reader.Refusals), Rows.Refusal), cancellationToken);

    public Task<IReadOnlyList<SessionRow>> ListSessionsAsync(CancellationToken cancellationToken) =>
        ReadAsync<IReadOnlyList<SessionRow>>(
            static reader => Rows.All(reader.Sessions, Rows.Session), cancellationToken);

    public Task<Instant> NowAsync(CancellationToken cancellationToken) => ReadAsync(
        reader =>
        {
            reader.ReadNow.Run();
            return clock.Now();
        },
        cancellationToken);

    /// <summary>Reads elsewhere than on the caller's thread, which may be one that draws a window.</summary>
    private Task<T> ReadAsync<T>(Func<ReadStatements, T> read, CancellationToken cancellationToken) =>
        Task.Run(() => readers.Read(read), cancellationToken);
}
