using System.Data.Common;

namespace Hydra.Relational.Reading;

/// <summary>Reads for people and tools, most of them one statement outside of any transaction.</summary>
/// <remarks>Each database has the statements, and binds what they are about in its own way.</remarks>
/// <typeparam name="TCommand">A statement of the database.</typeparam>
internal abstract class RelationalQueries<TCommand>(string @namespace, Rows rows, IQueryStatements sql)
    : IWorkflowQueries
    where TCommand : DbBatchCommand
{
    public async Task<ExecutionRow?> FindAsync(ExecutionId id, CancellationToken cancellationToken)
    {
        var found = await ReadAsync(
            sql.FindExecution, command => Bind(command, id), rows.Execution, cancellationToken);
        return found.FirstOrDefault();
    }

    public async Task<ExecutionRow?> FindByKeyAsync(string key, CancellationToken cancellationToken)
    {
        if (!StoreRules.IsStorable(key))
        {
            return null;
        }

        var shard = ExecutionId.ShardOf(@namespace, key);
        var found = await ReadAsync(
            sql.FindExecutionByKey, command => Bind(command, shard, key), rows.Execution, cancellationToken);
        return found.FirstOrDefault();
    }

    public async Task<IReadOnlyList<FoundEnd>> FindEndsAsync(
        IReadOnlyCollection<ExecutionId> ids, int mostBytes, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(ids.Count, 1_000);
        ArgumentOutOfRangeException.ThrowIfNegative(mostBytes);
        return ids.Count == 0 ? [] : await ReadEndsAsync(ids, mostBytes, cancellationToken);
    }

    public async Task<IReadOnlyList<ExecutionRow>> ListAsync(
        ExecutionFilter filter, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(filter.Limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(filter.Limit, 1_000);
        return filter.Workflow is { } workflow && !StoreRules.IsStorable(workflow)
            ? []
            : await ReadListAsync(filter, cancellationToken);
    }

    public async Task<IReadOnlyList<JournalEntry>> ReadJournalAsync(
        ExecutionId id, long afterSeq, int limit, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(limit);
        return await ReadAsync(
            sql.ReadJournal, command => Bind(command, id, afterSeq, limit), Rows.Entry, cancellationToken);
    }

    public async Task<IReadOnlyList<StepTry>> ReadTriesAsync(ExecutionId id, CancellationToken cancellationToken) =>
        await ReadAsync(sql.ReadTries, command => Bind(command, id), Rows.Try, cancellationToken);

    public async Task<IReadOnlyList<CrashRow>> ReadCrashesAsync(ExecutionId id, CancellationToken cancellationToken) =>
        await ReadAsync(sql.ReadCrashes, command => Bind(command, id), Rows.Crash, cancellationToken);

    public async Task<IReadOnlyList<RefusalRow>> ReadRefusalsAsync(
        ExecutionId id, CancellationToken cancellationToken) =>
        await ReadAsync(sql.ReadRefusals, command => Bind(command, id), Rows.Refusal, cancellationToken);

    public async Task<Origin?> FindOriginAsync(ExecutionId id, CancellationToken cancellationToken)
    {
        var found = await ReadAsync(sql.FindOrigin, command => Bind(command, id), rows.Origin, cancellationToken);
        return found.FirstOrDefault()?.Origin;
    }

    public async Task<IReadOnlyList<OriginRow>> ListDescendantsAsync(
        ExecutionId source, ExecutionId? after, int limit, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, 1_000);
        return await ReadAsync(
            sql.ListDescendants, command => Bind(command, source, after, limit), rows.Origin, cancellationToken);
    }

    public abstract Task<IReadOnlyList<SessionRow>> ListSessionsAsync(CancellationToken cancellationToken);

    public Task<ExecutionCounts> CountAsync(int limit, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        return ReadCountsAsync(limit, cancellationToken);
    }

    public abstract Task<Instant> NowAsync(CancellationToken cancellationToken);

    protected abstract Task<List<ExecutionRow>> ReadListAsync(
        ExecutionFilter filter, CancellationToken cancellationToken);

    protected abstract Task<List<FoundEnd>> ReadEndsAsync(
        IReadOnlyCollection<ExecutionId> ids, int mostBytes, CancellationToken cancellationToken);

    protected abstract Task<ExecutionCounts> ReadCountsAsync(int limit, CancellationToken cancellationToken);

    /// <summary>Reads the rows that a statement about the namespace answers.</summary>
    protected abstract Task<List<T>> ReadAsync<T>(
        string statement,
        Action<TCommand> bind,
        Func<DbDataReader, T> read,
        CancellationToken cancellationToken);

    protected abstract void Bind(TCommand command, ExecutionId id);

    protected abstract void Bind(TCommand command, byte shard, string key);

    protected abstract void Bind(TCommand command, ExecutionId id, long after, int limit);

    protected abstract void Bind(TCommand command, ExecutionId source, ExecutionId? after, int limit);
}
