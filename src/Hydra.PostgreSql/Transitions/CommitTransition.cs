using Hydra.PostgreSql.Connections;
using Hydra.Relational.Deciding;

namespace Hydra.PostgreSql.Transitions;

/// <summary>Commits batches: one transaction, in one round trip or two.</summary>
/// <remarks>
/// What nearly every batch holds goes through in one, see <see cref="ExpectedCommit"/>. For the rest, first come the
/// starts, in the order of their keys, which may have to wait for another's open transaction and so hold
/// no lock yet; then one statement locks all existing executions in order, and later ones read what depends on the
/// locks. A batch of starts is complete with that. Otherwise the rest is decided here, and the second round trip writes
/// it and commits.
/// </remarks>
internal sealed class CommitTransition(Database database)
{
    // What holds locks and waits for more is in the way of who has those. It gives up, and its parts are tried apart,
    // before the server looks for deadlocks (deadlock_timeout, usually a second) and may end a transaction of a user's.
    private static readonly TimeSpan WaitOfSeveral = TimeSpan.FromMilliseconds(500);

    private readonly ExpectedCommit _expected = new(database);

    public Task<CommitAnswer> CommitAsync(Func<CommitBatch> gather) => database.RunAsync(async exchange =>
    {
        var batch = gather();
        StoreRules.Validate(batch);
        exchange.LockWait = batch.Operations.Count > 1 && batch.LockWait > WaitOfSeveral
            ? WaitOfSeveral
            : batch.LockWait;
        var expected = ExpectedPlan.TryMake(batch);
        if ((expected is not null || HasOnlyStarts(batch))
            && await _expected.TryCommitAsync(exchange, batch, expected) is { } answer)
        {
            return answer;
        }

        var plan = new CommitPlan(batch);
        var image = await ReadAsync(exchange, plan);
        if (plan.Touched.Count == 0 && !plan.Starts.TrueForAll(start => StartDecision.CanDecide(start, image)))
        {
            throw StartDecision.LeftUndecided(); // COMMIT was sent along.
        }

        var answers = BatchDecision.Decide(batch, image);
        if (plan.Touched.Count > 0)
        {
            await TransactionWriter.WriteAsync(exchange, image, database, commit: true);
        }

        return new CommitAnswer(image.Now, answers);
    });

    private static bool HasOnlyStarts(CommitBatch batch) =>
        batch.Operations.Count > 0 && batch.Operations.All(static operation => operation is StartOperation);

    private async Task<TransactionImage> ReadAsync(Exchange exchange, CommitPlan plan)
    {
        exchange.Begin();
        BatchReads.Add(exchange, plan, database);
        if (plan.Touched.Count == 0)
        {
            exchange.Commit();
        }

        await exchange.SendAsync();
        return await BatchReads.ReadAsync(exchange, plan);
    }
}
