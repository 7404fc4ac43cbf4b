using System.Data.Common;
using Hydra.MySql.Connections;
using Hydra.Relational.Reading;
using MySqlConnector;

namespace Hydra.MySql.Reading;

/// <inheritdoc/>
internal sealed class MySqlQueries(Database database)
    : RelationalQueries<MySqlBatchCommand>(database.Namespace, Database.Rows, database.Sql)
{
    public override async Task<IReadOnlyList<SessionRow>> ListSessionsAsync(CancellationToken cancellationToken)
    {
        var rows = await ReadAsync(
            database.Sql.ListSessions,
            static _ => { },
            static row => Rows.Session(row, static (names, column) =>
                names.IsDBNull(column) ? [] : [names.GetString(column)]),
            cancellationToken);
        return
        [
            .. rows.GroupBy(static row => row.Id)
                .Select(static one => one.First() with { Workflows = [.. one.SelectMany(row => row.Workflows)] }),
        ];
    }

    public override Task<Instant> NowAsync(CancellationToken cancellationToken) => database.ReadAsync(
        async exchange =>
        {
            exchange.AddNow();
            await exchange.SendAsync(cancellationToken);
            var now = await exchange.ReadNowAsync();
            await exchange.EndAsync(cancellationToken);
            return now;
        },
        cancellationToken);

    protected override Task<List<ExecutionRow>> ReadListAsync(
        ExecutionFilter filter, CancellationToken cancellationToken) => ReadAsync(
        ChooseList(filter.State),
        command => command
            .Bind("@before", filter.Before is { } before ? Hexadecimal.Of(before) : null)
            .Bind("@state", filter.State is { } state ? (int)state : null)
            .Bind("@workflow", filter.Workflow)
            .Bind("@limit", filter.Limit),
        Database.Rows.Execution,
        cancellationToken);

    protected override Task<List<FoundEnd>> ReadEndsAsync(
        IReadOnlyCollection<ExecutionId> ids, int mostBytes, CancellationToken cancellationToken) => ReadAsync(
        database.Sql.FindEnds,
        command => command.Bind("@rows", JsonRows.Of(ids, static id => id)).Bind("@bytes", mostBytes),
        Database.Rows.End,
        cancellationToken);

    protected override Task<ExecutionCounts> ReadCountsAsync(int limit, CancellationToken cancellationToken) =>
        new Counting(database).CountAsync(limit, cancellationToken);

    protected override Task<List<T>> ReadAsync<T>(
        string statement,
        Action<MySqlBatchCommand> bind,
        Func<DbDataReader, T> read,
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

    protected override void Bind(MySqlBatchCommand command, ExecutionId id) => Binding.Bind(command, id);

    protected override void Bind(MySqlBatchCommand command, byte shard, string key) =>
        command.Bind("@shard", shard).Bind("@key", key);

    protected override void Bind(MySqlBatchCommand command, ExecutionId id, long after, int limit) =>
        command.Bind(id).Bind("@after", after).Bind("@limit", limit);

    protected override void Bind(MySqlBatchCommand command, ExecutionId source, ExecutionId? after, int limit) =>
        command.Bind("@source", Hexadecimal.Of(source))
            .Bind("@after", after is { } id ? Hexadecimal.Of(id) : null)
            .Bind("@limit", limit);

    private string ChooseList(ExecutionState? state) => state switch
    {
        null => database.Sql.ListExecutions,
        ExecutionState.Blocked => database.Sql.ListBlocked,
        { } ended when ended.IsTerminal() => database.Sql.ListEnded,
        _ => database.Sql.ListLive,
    };
}
