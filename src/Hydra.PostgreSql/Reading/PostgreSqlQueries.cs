using Hydra.PostgreSql.Connections;
using Hydra.Relational.Reading;
using Npgsql;

namespace Hydra.PostgreSql.Reading;

/// <summary>Reads for people and tools, each one statement outside of any transaction.</summary>
internal sealed class PostgreSqlQueries(Database database) : IWorkflowQueries
{
    public async Task<ExecutionRow?> FindAsync(ExecutionId id, CancellationToken cancellationToken)
    {
        var found = await ReadAsync(
            database.Sql.FindExecution, command => command.Bind(id), Database.Rows.Execution, cancellationToken);
        return found.FirstOrDefault();
    }

    public async Task<ExecutionRow?> FindByKeyAsync(string key, CancellationToken cancellationToken)
    {
        if (!StoreRules.IsStorable(key))
        {
            return null;
        }

        var shard = ExecutionId.ShardOf(database.Namespace, key);
        var found = await ReadAsync(
            database.Sql.FindExecutionByKey,
            command => command.Bind((short?)shard).Bind(key),
            Database.Rows.Execution,
            cancellationToken);
        return found.FirstOrDefault();
    }

    public async Task<IReadOnlyList<ExecutionRow>> ListAsync(
        ExecutionFilter filter, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(filter.Limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(filter.Limit, 1_000);
        if (filter.Workflow is { } workflow && !StoreRules.IsStorable(workflow))
        {
            return [];
        }

        if (ChooseOneIndex(filter.State) is { } statement)
        {
            return await ReadAsync(
                statement, command => Bind(command, filter), Database.Rows.Execution, cancellationToken);
        }

        var share = ShardShare.Of(filter.Limit);
        var newest = await ReadNewestAsync(filter, share, cancellationToken);
        return share < filter.Limit && ShardShare.IsShort(newest, share)
            ? await ReadNewestAsync(filter, filter.Limit, cancellationToken)
            : newest;
    }

    public async Task<IReadOnlyList<JournalEntry>> ReadJournalAsync(
        ExecutionId id, long afterSeq, int limit, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(limit);
        return await ReadAsync(
            database.Sql.ReadJournal,
            command => command.Bind(id).Bind(afterSeq).Bind((long)limit),
            Rows.Entry,
            cancellationToken);
    }

    public async Task<IReadOnlyList<StepTry>> ReadTriesAsync(ExecutionId id, CancellationToken cancellationToken) =>
        await ReadAsync(database.Sql.ReadTries, command => command.Bind(id), Rows.Try, cancellationToken);

    public async Task<IReadOnlyList<CrashRow>> ReadCrashesAsync(ExecutionId id, CancellationToken cancellationToken) =>
        await ReadAsync(database.Sql.ReadCrashes, command => command.Bind(id), Rows.Crash, cancellationToken);

    public async Task<IReadOnlyList<RefusalRow>> ReadRefusalsAsync(
        ExecutionId id, CancellationToken cancellationToken) =>
        await ReadAsync(database.Sql.ReadRefusals, command => command.Bind(id), Rows.Refusal, cancellationToken);

    public async Task<IReadOnlyList<SessionRow>> ListSessionsAsync(CancellationToken cancellationToken) =>
        await ReadAsync(
            database.Sql.ListSessions,
            static command => command,
            static row => Rows.Session(row, static (names, column) => names.GetFieldValue<string[]>(column)),
            cancellationToken);

    public Task<ExecutionCounts> CountAsync(int limit, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        return new Counting(database).CountAsync(limit, cancellationToken);
    }

    public Task<Instant> NowAsync(CancellationToken cancellationToken) => database.ReadAsync(
        async exchange =>
        {
            exchange.AddNow();
            await exchange.SendAsync(cancellationToken);
            var now = await exchange.ReadNowAsync();
            await exchange.EndAsync(cancellationToken);
            return now;
        },
        cancellationToken);

    private Task<List<ExecutionRow>> ReadNewestAsync(
        ExecutionFilter filter, int share, CancellationToken cancellationToken) => ReadAsync(
        database.Sql.ListExecutions,
        command => Bind(command, filter).Bind((long)share),
        Database.Rows.Execution,
        cancellationToken);

    private static NpgsqlBatchCommand Bind(NpgsqlBatchCommand command, ExecutionFilter filter) => command
        .Bind(filter.Before?.Value)
        .Bind(filter.State is { } state ? (short)state : (short?)null)
        .Bind(filter.Workflow)
        .Bind((long)filter.Limit);

    /// <summary>The statement for states that one index over all shards has; null for the others.</summary>
    private string? ChooseOneIndex(ExecutionState? state) => state switch
    {
        ExecutionState.Running or ExecutionState.Pending or ExecutionState.Sleeping or ExecutionState.Waiting =>
            database.Sql.ListLive,
        ExecutionState.Blocked or ExecutionState.Failed or ExecutionState.Cancelled or ExecutionState.TimedOut =>
            database.Sql.ListTroubled,
        _ => null,
    };

    private Task<List<T>> ReadAsync<T>(
        string statement,
        Func<NpgsqlBatchCommand, NpgsqlBatchCommand> bind,
        Func<NpgsqlDataReader, T> read,
        CancellationToken cancellationToken) => database.ReadAsync(
        async exchange =>
        {
            bind(exchange.AddScoped(statement));
            await exchange.SendAsync(cancellationToken);
            var rows = await exchange.ReadAsync(read, cancellationToken);
            await exchange.EndAsync(cancellationToken);
            return rows;
        },
        cancellationToken);
}
