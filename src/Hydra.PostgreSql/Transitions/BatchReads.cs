using Hydra.PostgreSql.Connections;
using Hydra.Relational.Deciding;

namespace Hydra.PostgreSql.Transitions;

/// <summary>What has to be inserted, locked and read before a batch can be decided: one round trip.</summary>
internal static class BatchReads
{
    public static void Add(Exchange exchange, CommitPlan plan, Database database)
    {
        if (plan.Starts.Count > 0)
        {
            StartStatements.AddInserts(exchange, plan.Starts, database.Sql);
        }

        if (plan.Touched.Count > 0)
        {
            exchange.AddScoped(database.Sql.LockExecutions).BindIds(plan.Touched, static id => id);
        }

        if (plan.Tails.Count > 0)
        {
            TransactionReader.AddTails(exchange, plan.Tails, database.Sql);
        }

        if (plan.Ends.Count > 0)
        {
            exchange.AddScoped(database.Sql.ReadEnds).BindIds(plan.Ends, static id => id);
        }

        if (plan.Waits.Count > 0)
        {
            exchange.AddScoped(database.Sql.ReadWaits).BindIds(plan.Waits, static id => id);
        }

        if (plan.Starts.Count > 0)
        {
            StartStatements.AddReads(exchange, plan.Starts, database.Sql);
        }

        exchange.AddNow();
    }

    /// <summary>Reads the answers, up to the end.</summary>
    public static async Task<TransactionImage> ReadAsync(Exchange exchange, CommitPlan plan)
    {
        _ = plan.Starts.Count > 0 ? await exchange.ReadAsync(InsertedStart.Read) : [];
        var locked = plan.Touched.Count > 0 ? await exchange.ReadAsync(Database.Rows.Stored) : [];
        var tails = plan.Tails.Count > 0 ? await exchange.ReadAsync(TransactionReader.Tail) : [];
        var ends = plan.Ends.Count > 0 ? await exchange.ReadAsync(TransactionReader.End) : [];
        var waits = plan.Waits.Count > 0 ? await exchange.ReadAsync(TransactionReader.Wait) : [];
        var started = plan.Starts.Count > 0 ? await exchange.ReadAsync(Database.Rows.Stored) : [];
        var image = new TransactionImage(await exchange.ReadNowAsync());
        await exchange.EndAsync();

        locked.ForEach(image.Add);
        started.ForEach(image.Add);
        TransactionReader.Note(tails, image);
        TransactionReader.Note(ends, waits, image);
        return image;
    }
}
