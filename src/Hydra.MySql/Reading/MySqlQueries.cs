using Hydra.MySql.Connections;
using Hydra.Relational.Reading;
using MySqlConnector;

namespace Hydra.MySql.Reading;

/// <summary>Reads for people and tools, each one statement outside of any transaction.</summary>
internal sealed class MySqlQueries(Database database) : IWorkflowQueries
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
            command => command.Bind("@shard", shard).Bind("@key", key),
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

        return await ReadAsync(
            ChooseList(filter.State),
            command => command
                .Bind("@before", filter.Before?.ToByteArray())
                .Bind("@state", filter.State is { } state ? (int)state : null)
                .Bind("@workflow", filter.Workflow)
                .Bind("@limit", filter.Limit),
            Database.Rows.Execution,
            cancellationToken);
    }

    public async Task<IReadOnlyList<JournalEntry>> ReadJournalAsync(
        ExecutionId id, long afterSeq, int limit, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(limit);
        return await ReadAsync(
            database.Sql.ReadJournal,
            command => command.Bind(id).Bind("@after", afterSeq).Bind("@limit", limit),
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

    public async Task<IReadOnlyList<SessionRow>> ListSessionsAsync(CancellationToken cancellationToken)
    {
        var rows = await ReadAsync(
            database.Sql.ListSessions,
            static command => command,
            static row => Rows.Session(row, static (names, column) =>
                names.IsDBNull(column) ? [] : [names.GetString(column)]),
            cancellationToken);
        return
        [
            .. rows.GroupBy(static row => row.Id)
                .Select(static one => one.First() with { Workflows = [.. one.SelectMany(row => row.Workflows)] }),
        ];
    }

    public Task<ExecutionCounts> CountAsync(int limit, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        return new Counting(database).CountAsync(limit, cancellationToken);
    }

    public Task<Instant> NowAsync(CancellationToken cancellationToken) => database.RunAsync(
        async exchange =>
        {
            exchange.AddNow();
            await exchange.SendAsync(cancellationToken);
            var now = await exchange.ReadNowAsync();
            await exchange.EndAsync(cancellationToken);
            return now;
        },
        cancellationToken);

    private string ChooseList(ExecutionState? state) => state switch
    {
        null => database.Sql.ListExecutions,
        ExecutionState.Blocked => database.Sql.ListBlocked,
        { } ended when ended.IsTerminal() => database.Sql.ListEnded,
        _ => database.Sql.ListLive,
    };

    private Task<List<T>> ReadAsync<T>(
        string statement,
        Func<MySqlBatchCommand, MySqlBatchCommand> bind,
        Func<MySqlDataReader, T> read,
        CancellationToken cancellationToken) => database.RunAsync(
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
