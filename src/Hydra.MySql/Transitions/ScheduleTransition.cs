using Hydra.MySql.Connections;
using Hydra.Relational.Deciding;
using Hydra.Relational.Reading;
using MySqlConnector;

namespace Hydra.MySql.Transitions;

/// <summary>Changes schedules, together with what they start and cancel.</summary>
/// <remarks>
/// One round trip locks the schedule, on which the change is decided. A second one writes it, as a new row in the place
/// of the old one, and does what a batch of the same operations begins with; a third writes what came of those. No
/// batch locks a schedule, so nobody who waits for this transaction is waited for. Of two that make the same schedule,
/// or start the same execution, one fails and begins anew.
/// </remarks>
internal sealed class ScheduleTransition(Database database, CommitTransition commits)
{
    private const int Duplicate = 1062; // Another has made it since it was looked for.
    private const int MostRounds = 5;

    public Task<ScheduleAnswer> ApplyAsync(ScheduleChange change) => database.RunAsync(async exchange =>
    {
        StoreRules.Validate(change);
        for (var round = 1; ; round++)
        {
            try
            {
                return await ApplyAsync(exchange, change);
            }
            catch (MySqlException exception) when (exception.Number == Duplicate && round < MostRounds)
            {
                await exchange.UndoAsync();
            }
        }
    });

    private async Task<ScheduleAnswer> ApplyAsync(Exchange exchange, ScheduleChange change)
    {
        var (current, now) = await LockAsync(exchange, change.Name);
        if (!change.Fits(current))
        {
            await exchange.UndoAsync();
            return new ScheduleAnswer(now, IsApplied: false, current, []);
        }

        var row = change.Apply(current, now);
        if (!change.IsAppliedTo(current))
        {
            AddWrite(exchange, current, row);
        }

        var answers = await WriteAsync(exchange, new CommitBatch(SessionId.None, change.Operations));
        return new ScheduleAnswer(now, IsApplied: true, row, answers);
    }

    private async Task<(ScheduleRow? Current, Instant Now)> LockAsync(Exchange exchange, string name)
    {
        exchange.Begin();
        exchange.AddScoped(database.Sql.LockSchedule).Bind("@name", name);
        exchange.AddNow();
        await exchange.SendAsync();
        var rows = await exchange.ReadAsync(static row => Rows.Schedule(row, 0));
        var now = await exchange.ReadNowAsync();
        await exchange.EndAsync();
        return (rows.FirstOrDefault(), now);
    }

    private async Task<IReadOnlyList<OperationAnswer>> WriteAsync(Exchange exchange, CommitBatch batch)
    {
        if (batch.Operations.Count == 0)
        {
            exchange.Commit();
            await exchange.SendAsync();
            await exchange.EndAsync();
            return [];
        }

        var plan = new CommitPlan(batch);
        var starts = new StartPlan(plan.Starts);
        var image = await commits.ReadAsync(exchange, plan, starts);
        starts.Create(image);
        var answers = BatchDecision.Decide(batch, image);
        await TransactionWriter.WriteAsync(exchange, image, database, starts);
        return answers;
    }

    private void AddWrite(Exchange exchange, ScheduleRow? current, ScheduleRow? row)
    {
        if (current is not null)
        {
            exchange.AddScoped(database.Sql.DeleteSchedule).Bind("@name", current.Name);
        }

        if (row is not null)
        {
            exchange.AddValues(database.Sql.InsertSchedule, [row], (values, written) => values
                .Add(database.Namespace)
                .Add(written.Name)
                .Add(written.Workflow)
                .Add(written.ChangeId)
                .Add(written.DueAt.Micros)
                .Add(written.Paused)
                .Add(written.Definition)
                .Add(written.Progress)
                .Add(written.Input)
                .Add(written.CreatedAt.Micros)
                .Add(written.ChangedAt.Micros));
        }
    }
}
