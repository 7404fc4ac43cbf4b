using Hydra.MySql.Connections;
using Hydra.MySql.Transitions;
using Hydra.Relational.Reading;
using MySqlConnector;

namespace Hydra.MySql.Reading;

/// <summary>The schedules in a database. Others notice what becomes due by their looks for changes.</summary>
internal sealed class MySqlSchedules(Database database, CommitTransition commits) : IScheduleStore
{
    private readonly ScheduleTransition _changes = new(database, commits);

    public async Task<ScheduleRow?> FindAsync(string name, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (!StoreRules.IsStorable(name))
        {
            return null;
        }

        var found = await ReadAsync(
            database.Sql.FindSchedule, command => command.Bind("@name", name), cancellationToken);
        return found.FirstOrDefault();
    }

    public async Task<IReadOnlyList<ScheduleRow>> ListAsync(
        string? afterName, int limit, CancellationToken cancellationToken)
    {
        SchedulePage.CheckLimit(limit);
        var start = SchedulePage.CheckStart(afterName);
        return await ReadAsync(
            database.Sql.ListSchedules,
            command => command.Bind("@name", start).Bind("@limit", limit),
            cancellationToken);
    }

    /// <remarks>It is the engine's own, so it has its connections.</remarks>
    public Task<DueSchedules> ListDueAsync(int limit, CancellationToken cancellationToken)
    {
        SchedulePage.CheckLimit(limit);
        return database.RunAsync(
            async exchange =>
            {
                exchange.AddNow();
                exchange.AddScoped(database.Sql.ListDueSchedules).Bind("@limit", limit);
                await exchange.SendAsync(cancellationToken);
                var now = await exchange.ReadNowAsync();
                var rows = await exchange.ReadAsync(Read, cancellationToken);
                await exchange.EndAsync(cancellationToken);
                return new DueSchedules(
                    now, [.. rows.Select(static row => row.Due).OfType<ScheduleRow>()], rows[0].Next);
            },
            cancellationToken);
    }

    public Task<ScheduleAnswer> ApplyAsync(ScheduleChange change, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(change);
        return cancellationToken.IsCancellationRequested
            ? Task.FromCanceled<ScheduleAnswer>(cancellationToken)
            : _changes.ApplyAsync(change).WaitAsync(cancellationToken);
    }

    private static (Instant Next, ScheduleRow? Due) Read(MySqlDataReader row) => (
        Rows.TimeOrNull(row, 0) ?? Instant.Never,
        row.IsDBNull(1) ? null : Rows.Schedule(row, 1));

    private Task<List<ScheduleRow>> ReadAsync(
        string statement, Action<MySqlBatchCommand> bind, CancellationToken cancellationToken) => database.ReadAsync(
        async exchange =>
        {
            bind(exchange.AddScoped(statement));
            await exchange.SendAsync(cancellationToken);
            var rows = await exchange.ReadAsync(static row => Rows.Schedule(row, 0), cancellationToken);
            await exchange.EndAsync(cancellationToken);
            return rows;
        },
        cancellationToken);
}
