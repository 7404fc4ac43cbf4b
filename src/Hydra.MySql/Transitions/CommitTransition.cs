using Hydra.MySql.Connections;
using Hydra.Relational.Deciding;

namespace Hydra.MySql.Transitions;

/// <summary>Commits batches: one transaction, in one round trip or two.</summary>
/// <remarks>
/// What nearly every batch holds goes through in one, see <see cref="ExpectedCommit"/>; what does not keeps the locks
/// that it got there. For the rest, first come the keys of starts, in their order, which may have to wait for another's
/// open transaction and so hold no lock yet; then one statement locks all existing executions in order, and later ones
/// read what depends on the locks. The batch is decided here, and the second round trip writes it and commits.
/// </remarks>
internal sealed class CommitTransition(Database database)
{
    private readonly ExpectedCommit _expected = new(database);

    public Task<CommitAnswer> CommitAsync(Func<CommitBatch> gather) => database.RunAsync(async exchange =>
    {
        var batch = gather();
        StoreRules.Validate(batch);
        if (batch.LockWait < database.LockWait)
        {
            await LookForLocksAsync(exchange, batch);
        }

        if (await _expected.TryCommitAsync(exchange, batch) is { } answer)
        {
            return answer;
        }

        var plan = new CommitPlan(batch);
        var starts = new StartPlan(plan.Starts);
        if (!exchange.IsInTransaction)
        {
            exchange.Begin();
        }

        var image = await ReadAsync(exchange, plan, starts);
        starts.Create(image);
        var answers = BatchDecision.Decide(batch, image);
        await TransactionWriter.WriteAsync(exchange, image, database, starts);
        return new CommitAnswer(image.Now, answers);
    });

    /// <summary>
    /// For who would rather not wait than as long as the server does, which counts in whole seconds: fails at once when
    /// another transaction has a lock that the batch needs. One that comes later is waited for.
    /// </summary>
    private async Task LookForLocksAsync(Exchange exchange, CommitBatch batch)
    {
        exchange.Begin();
        exchange.AddRows(
            database.Sql.LookForKeyLocks,
            StartStatements.Keys(StartStatements.InKeyOrder(batch.Operations.OfType<StartOperation>())));
        exchange.AddRows(
            database.Sql.LookForLocks,
            JsonRows.Of(LockOrder.Of(batch.Operations.Select(static operation => operation.Id)), static id => id));
        exchange.Commit();
        await exchange.SendApartAsync();
        await exchange.EndAsync();
    }

    /// <summary>
    /// Takes, locks and reads within a transaction what has to be before a batch can be decided: one round trip.
    /// </summary>
    public async Task<TransactionImage> ReadAsync(Exchange exchange, CommitPlan plan, StartPlan starts)
    {
        starts.AddKeys(exchange, database);
        var ids = JsonRows.Of(LockOrder.Of(plan.Touched), static id => id);
        exchange.AddRows(database.Sql.LockExecutions, ids);
        exchange.AddRows(database.Sql.ReadOutcomes, ids);
        TransactionReader.AddTails(exchange, plan.Tails, database);
        exchange.AddRows(database.Sql.ReadEnds, JsonRows.Of(plan.Ends, static id => id));
        exchange.AddRows(database.Sql.ReadWaits, JsonRows.Of(plan.Waits, static id => id));
        starts.AddReads(exchange, database);
        exchange.AddNow();

        await exchange.SendAsync();
        var locked = await exchange.ReadAsync(Database.Rows.Stored);
        var ended = await exchange.ReadAsync(Database.Rows.Stored);
        var tails = await TransactionReader.ReadTailsAsync(exchange);
        var ends = await exchange.ReadAsync(TransactionReader.End);
        var waits = await exchange.ReadAsync(TransactionReader.Wait);
        var started = await starts.ReadAsync(exchange);
        var image = new TransactionImage(await exchange.ReadNowAsync());
        await exchange.EndAsync();

        locked.ForEach(image.Add);
        ended.ForEach(image.Add);
        started.ForEach(image.Add);
        TransactionReader.Note(tails, image);
        TransactionReader.Note(ends, waits, image);
        return image;
    }
}
