using System.Data.Common;
using Hydra.PostgreSql.Connections;
using Hydra.PostgreSql.Sql;
using Hydra.Relational.Reading;
using Npgsql;

namespace Hydra.PostgreSql.Reading;

/// <inheritdoc/>
internal sealed class PostgreSqlQueries(Database database)
    : RelationalQueries<NpgsqlBatchCommand>(database.Namespace, Database.Rows, database.Sql)
{
    public override async Task<IReadOnlyList<SessionRow>> ListSessionsAsync(CancellationToken cancellationToken) =>
        await ReadAsync(
            database.Sql.ListSessions,
            static _ => { },
            static row => Rows.Session(row, static (names, column) => names.GetFieldValue<string[]>(column)),
            cancellationToken);

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

    protected override async Task<List<ExecutionRow>> ReadListAsync(
        ExecutionFilter filter, CancellationToken cancellationToken)
    {
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

    protected override Task<List<FoundEnd>> ReadEndsAsync(
        IReadOnlyCollection<ExecutionId> ids, int mostBytes, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async exchange =>
            {
                exchange.Add(PostgreSqlSql.LookupSettings);
                exchange.AddScoped(database.Sql.FindEnds).BindIds([.. ids], static id => id).Bind((long)mostBytes);
                await exchange.SendAsync(cancellationToken);
                await exchange.ReadAsync(static _ => true, cancellationToken); // The settings answer a row.
                var ends = await exchange.ReadAsync(Database.Rows.End, cancellationToken);
                await exchange.EndAsync(cancellationToken);
                return ends;
            },
            cancellationToken);

    protected override Task<ExecutionCounts> ReadCountsAsync(int limit, CancellationToken cancellationToken) =>
        new Counting(database).CountAsync(limit, cancellationToken);

    protected override Task<List<T>> ReadAsync<T>(
        string statement,
        Action<NpgsqlBatchCommand> bind,
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

    protected override void Bind(NpgsqlBatchCommand command, ExecutionId id) => Binding.Bind(command, id);

    protected override void Bind(NpgsqlBatchCommand command, byte shard, string key) =>
        command.Bind((short?)shard).Bind(key);

    protected override void Bind(NpgsqlBatchCommand command, ExecutionId id, long after, int limit) =>
        command.Bind(id).Bind(after).Bind((long)limit);

    protected override void Bind(NpgsqlBatchCommand command, ExecutionId source, ExecutionId? after, int limit) =>
        command.Bind((Guid?)source.Value).Bind(after?.Value).Bind((long)limit);

    private static NpgsqlBatchCommand Bind(NpgsqlBatchCommand command, ExecutionFilter filter) => command
        .Bind(filter.Before?.Value)
        .Bind(filter.State is { } state ? (short)state : (short?)null)
        .Bind(filter.Workflow)
        .Bind((long)filter.Limit);

    private Task<List<ExecutionRow>> ReadNewestAsync(
        ExecutionFilter filter, int share, CancellationToken cancellationToken) => ReadAsync(
        database.Sql.ListExecutions,
        command => Bind(command, filter).Bind((long)share),
        Database.Rows.Execution,
        cancellationToken);

    /// <summary>The statement for states that one index over all shards has; null for the others.</summary>
    private string? ChooseOneIndex(ExecutionState? state) => state switch
    {
        ExecutionState.Running => database.Sql.ListOwned,
        ExecutionState.Pending or ExecutionState.Sleeping or ExecutionState.Waiting => database.Sql.ListUnowned,
        ExecutionState.Blocked or ExecutionState.Failed or ExecutionState.Cancelled or ExecutionState.TimedOut =>
            database.Sql.ListTroubled,
        _ => null,
    };
}
