using Hydra.PostgreSql.Connections;
using Hydra.PostgreSql.Transitions;
using Hydra.PostgreSql.Waking;
using Hydra.Relational.Reading;
using Npgsql;

namespace Hydra.PostgreSql.Reading;

/// <summary>The schedules in a schema.</summary>
internal sealed class PostgreSqlSchedules(Database database, Notifier? notifier) : IScheduleStore
{
    private readonly ScheduleTransition _changes = new(database);

    public async Task<ScheduleRow?> FindAsync(string name, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (!StoreRules.IsStorable(name))
        {
            return null;
        }

        var found = await ReadAsync(
            database.Sql.FindSchedule, command => command.Bind(name), cancellationToken);
        return found.FirstOrDefault();
    }

    public async Task<IReadOnlyList<ScheduleRow>> ListAsync(
        string? afterName, int limit, CancellationToken cancellationToken)
    {
        SchedulePage.CheckLimit(limit);
        var start = SchedulePage.CheckStart(afterName);
        return await ReadAsync(
            database.Sql.ListSchedules, command => command.Bind(start).Bind((long)limit), cancellationToken);
    }

    /// <remarks>It is the engine's own, so it has its connections, and plans that know of no statistics.</remarks>
    public Task<DueSchedules> ListDueAsync(int limit, CancellationToken cancellationToken)
    {
        SchedulePage.CheckLimit(limit);
        return database.RunAsync(
            async exchange =>
            {
                exchange.Begin();
                exchange.AddTimed(database.Sql.ListDueSchedules).Bind((long)limit);
                exchange.Commit(writes: false);
                await exchange.SendAsync(cancellationToken);
                var rows = await exchange.ReadAsync(Read, cancellationToken);
                await exchange.EndAsync(cancellationToken);
                return new DueSchedules(
                    rows[0].Now, [.. rows.Select(static row => row.Due).OfType<ScheduleRow>()], rows[0].Next);
            },
            cancellationToken);
    }

    public Task<ScheduleAnswer> ApplyAsync(ScheduleChange change, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(change);
        return cancellationToken.IsCancellationRequested
            ? Task.FromCanceled<ScheduleAnswer>(cancellationToken)
            : ApplyAsync(change).WaitAsync(cancellationToken);
    }

    private async Task<ScheduleAnswer> ApplyAsync(ScheduleChange change)
    {
        var answer = await _changes.ApplyAsync(change);
        if (answer.IsApplied && (change.Operations.Count > 0 || answer.Row?.DueAt < Instant.Never))
        {
            notifier?.Tell();
        }

        return answer;
    }

    private (Instant Now, Instant Next, ScheduleRow? Due) Read(NpgsqlDataReader row) => (
        database.Clock.Observe(row.GetInt64(0)),
        Rows.TimeOrNull(row, 1) ?? Instant.Never,
        row.IsDBNull(2) ? null : Rows.Schedule(row, 2));

    private Task<List<ScheduleRow>> ReadAsync(
        string statement, Action<NpgsqlBatchCommand> bind, CancellationToken cancellationToken) => database.ReadAsync(
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
