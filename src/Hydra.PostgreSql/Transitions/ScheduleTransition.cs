using Hydra.PostgreSql.Connections;
using Hydra.Relational.Deciding;
using Hydra.Relational.Reading;
using Npgsql;

namespace Hydra.PostgreSql.Transitions;

/// <summary>Changes schedules, together with what they start and cancel.</summary>
/// <remarks>
/// One round trip locks the schedule, on which the change is decided. A second one writes it, and does what a batch of
/// the same operations begins with; a third writes what came of those. No batch locks a schedule, so nobody who waits
/// for this transaction is waited for. Of two that make the same schedule one inserts nothing, and begins anew.
/// </remarks>
internal sealed class ScheduleTransition(Database database)
{
    private const int MostRounds = 5; // Each has lost to somebody who made the schedule, and another who removed it.

    public Task<ScheduleAnswer> ApplyAsync(ScheduleChange change) => database.RunAsync(async exchange =>
    {
        StoreRules.Validate(change);
        for (var round = 1; round <= MostRounds; round++)
        {
            var (current, now) = await LockAsync(exchange, change.Name);
            if (!change.Fits(current))
            {
                await exchange.UndoAsync();
                return new ScheduleAnswer(now, IsApplied: false, current, []);
            }

            if (await TryWriteAsync(exchange, change, current, now) is { } answers)
            {
                return new ScheduleAnswer(now, IsApplied: true, change.Apply(current, now), answers);
            }

            await exchange.UndoAsync();
        }

        throw new StoreException(
            StoreErrorKind.RolledBack,
            $"Schedule '{change.Name}' was made and removed by others all the time. Nothing was written; try again.");
    });

    private async Task<(ScheduleRow? Current, Instant Now)> LockAsync(Exchange exchange, string name)
    {
        exchange.Begin();
        exchange.AddScoped(database.Sql.LockSchedule).Bind(name);
        exchange.AddNow();
        await exchange.SendAsync();
        var rows = await exchange.ReadAsync(static row => Rows.Schedule(row, 0));
        var now = await exchange.ReadNowAsync();
        await exchange.EndAsync();
        return (rows.FirstOrDefault(), now);
    }

    /// <returns>Null when somebody else has made the schedule meanwhile; nothing is committed then.</returns>
    private async Task<IReadOnlyList<OperationAnswer>?> TryWriteAsync(
        Exchange exchange, ScheduleChange change, ScheduleRow? current, Instant now)
    {
        var write = change.IsAppliedTo(current) ? null : AddWrite(exchange, change, current, now);
        if (change.Operations.Count == 0)
        {
            exchange.Commit(writes: write is not null);
            await exchange.SendAsync();
            await exchange.EndAsync();
            return HasWritten(write) ? [] : null;
        }

        var batch = new CommitBatch(SessionId.None, change.Operations);
        var plan = new CommitPlan(batch);
        BatchReads.Add(exchange, plan, database);
        await exchange.SendAsync();
        var image = await BatchReads.ReadAsync(exchange, plan);
        if (!HasWritten(write))
        {
            return null;
        }

        var answers = BatchDecision.Decide(batch, image);
        await TransactionWriter.WriteAsync(exchange, image, database, commit: true);
        return answers;
    }

    private NpgsqlBatchCommand AddWrite(Exchange exchange, ScheduleChange change, ScheduleRow? current, Instant now)
    {
        if (change.Apply(current, now) is not { } row)
        {
            return exchange.AddScoped(database.Sql.DeleteSchedule).Bind(change.Name);
        }

        return exchange.AddScoped(current is null ? database.Sql.InsertSchedule : database.Sql.UpdateSchedule)
            .Bind(row.Name)
            .Bind(row.Workflow)
            .Bind(row.ChangeId)
            .Bind(row.DueAt.Micros)
            .Bind(row.Paused)
            .Bind(Binding.Bytes(row.Definition))
            .Bind(Binding.Bytes(row.Progress))
            .Bind(Binding.Bytes(row.Input))
            .Bind(row.CreatedAt.Micros)
            .Bind(row.ChangedAt.Micros);
    }

    private static bool HasWritten(NpgsqlBatchCommand? write) => write is null || (long)write.RecordsAffected == 1;
}
