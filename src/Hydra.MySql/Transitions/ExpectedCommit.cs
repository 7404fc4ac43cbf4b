using Hydra.MySql.Connections;
using Hydra.MySql.Sql;
using Hydra.Relational.Deciding;
using Hydra.Relational.Reading;
using MySqlConnector;

namespace Hydra.MySql.Transitions;

/// <summary>Commits what nearly every batch holds in one round trip, when all is as it should be.</summary>
/// <remarks>
/// The writes are sent along with the locks. Between them the database asserts that keys were free, that every
/// execution is owned as the batch claims, that no mail has moved and that journals are gap-free. Where that does not
/// hold, <see cref="CommitTransition"/> decides in two round trips more, under the locks that have been taken: others
/// deadlock over keys that are given back. All is undone only where an insert behind the assertions fails, since an id
/// is taken. So the rules are here only as far as they ask for nothing but the row: what an ordinary settlement makes
/// of it.
/// </remarks>
internal sealed class ExpectedCommit(Database database)
{
    private const int OutOfRange = 1690; // What an assertion that does not hold does.
    private const int Duplicate = 1062; // An id or an entry is there already.

    /// <returns>
    /// Null when something was not as expected. Nothing has been written then, but keys may have been taken within a
    /// transaction that goes on (<see cref="Exchange.IsInTransaction"/>).
    /// </returns>
    public async Task<CommitAnswer?> TryCommitAsync(Exchange exchange, CommitBatch batch)
    {
        var starts = batch.Operations.OfType<StartOperation>().ToList();
        var plan = starts.Count < batch.Operations.Count ? ExpectedPlan.TryMake(batch) : null;
        if ((plan is null && starts.Count < batch.Operations.Count) || starts.Count + (plan?.Advances.Count ?? 0) == 0
            || starts.Exists(start => start.Owner != SessionId.None && start.Owner != batch.Session))
        {
            return null;
        }

        var keyed = StartStatements.InKeyOrder(starts);
        Add(exchange, batch.Session, plan, starts, keyed);
        var assertions = (keyed.Count > 0 ? 1 : 0) + (plan is null ? 0 : 1);
        try
        {
            await exchange.SendAsync();
            return await ReadAsync(exchange, batch, plan, starts, () => assertions--);
        }
        catch (MySqlException exception) when (exception.Number == OutOfRange && assertions > 0)
        {
            await exchange.GoOnAsync();
            return null;
        }
        catch (MySqlException exception) when (exception.Number is OutOfRange or Duplicate)
        {
            await exchange.UndoAsync();
            return null;
        }
    }

    /// <param name="exchange">The connection.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="plan">Its advances; null when it has none, but starts alone.</param>
    /// <param name="starts">Its starts.</param>
    /// <param name="hold">Is called for each assertion that holds.</param>
    private async Task<CommitAnswer> ReadAsync(
        Exchange exchange, CommitBatch batch, ExpectedPlan? plan, List<StartOperation> starts, Func<int> hold)
    {
        if (starts.Exists(static start => start.Key is not null))
        {
            await exchange.ReadAsync(_ => hold());
        }

        var fences = new Dictionary<ExecutionId, (long Mail, ExecutionRequests Requests)>();
        if (plan is not null)
        {
            var lone = LoneOf(plan.Advances);
            await exchange.ReadAsync(row => fences[lone?.Id ?? Database.Rows.Id(row, 2)] =
                (row.GetInt64(0), (ExecutionRequests)row.GetInt32(1)));
            await exchange.ReadAsync(_ => hold());
        }

        var (now, alive) = await exchange.ReadOneAsync(row => (
            database.Clock.Observe(row.GetInt64(0)), starts.Count > 0 && row.GetBoolean(1)));
        await exchange.EndAsync();
        var image = new TransactionImage(now);

        foreach (var start in starts)
        {
            image.Add(new StoredExecution(StartDecision.Row(start, image.Now, alive)));
        }

        var answers = new OperationAnswer[batch.Operations.Count];
        for (var i = 0; i < answers.Length; i++)
        {
            answers[i] = batch.Operations[i] is StartOperation start
                ? StartDecision.Decide(start, image)
                : Answer((AdvanceOperation)batch.Operations[i], fences[batch.Operations[i].Id]);
        }

        return new CommitAnswer(image.Now, answers);
    }

    private void Add(
        Exchange exchange,
        SessionId session,
        ExpectedPlan? plan,
        List<StartOperation> starts,
        List<StartOperation> keyed)
    {
        exchange.Begin();
        if (keyed.Count > 0)
        {
            StartStatements.AddKeys(exchange, keyed, database);
            exchange.AddRows(database.Sql.AssertKeys, StartStatements.Keys(keyed)).Bind("@count", keyed.Count);
        }

        if (plan is not null)
        {
            AddFence(exchange, session, plan.Advances);
        }

        if (starts.Count > 0)
        {
            exchange.SetNowAndAlive(session);
            exchange.Add(MySqlSql.ReadNowAndAlive);
            StartStatements.AddExecutions(exchange, starts, database);
            StartStatements.AddExtras(exchange, starts, database);
        }
        else
        {
            exchange.AddNow();
        }

        JournalStatements.Add(exchange, starts, plan?.Entries ?? [], database);
        if (plan is not null)
        {
            AddWrites(exchange, session, plan);
        }

        exchange.Commit();
    }

    private void AddFence(Exchange exchange, SessionId session, List<ExpectedAdvance> advances)
    {
        if (LoneOf(advances) is { } lone)
        {
            AddOne(exchange, database.Sql.LockOneExpected, session, lone)
                .Bind("@mail", lone.MailSeen).Bind("@unasked", lone.Unasked);
            exchange.AddScoped(database.Sql.AssertTail)
                .Bind(lone.Id).Bind("@follows", lone.Follows).Bind("@ends", lone.Ends);
            return;
        }

        var ordered = LockOrder.Of(advances, static advance => advance.Id);
        exchange.AddRows(
                database.Sql.LockExpected,
                JsonRows.Of(ordered, static advance => advance.Id, static (row, advance) => row
                    .Add(advance.Epoch).Add(advance.MailSeen).Add(advance.Unasked)))
            .Bind("@session", session.Value);

        var follow = ordered.FindAll(static advance => advance.Follows is not null);
        exchange.AddRows(
                database.Sql.AssertTails,
                JsonRows.Of(follow, static advance => advance.Id, static (row, advance) => row
                    .Add(advance.Follows).Add(advance.Ends)))
            .Bind("@count", follow.Count);
    }

    private void AddWrites(Exchange exchange, SessionId session, ExpectedPlan plan)
    {
        if (plan.Tries.Count > 0)
        {
            JournalStatements.AddTries(exchange, plan.Tries, database);
        }

        var finished = plan.Settled.FindAll(static advance => advance.Settlement is Settlement.Finished);
        var goOn = plan.Settled.FindAll(static advance => advance.Settlement is not Settlement.Finished);
        AddGoOn(exchange, session, goOn);
        AddFinished(exchange, session, finished);
    }

    private void AddGoOn(Exchange exchange, SessionId session, List<ExpectedAdvance> settled)
    {
        if (settled is [{ Settlement: { } settlement } lone])
        {
            var waitsFor = WaitsFor(settlement) is { } name ? Hexadecimal.Of(name) : null;
            AddOne(exchange, database.Sql.SettleOneExpected, session, lone)
                .Bind("@state", (int)StateOf(settlement))
                .Bind("@lastSeq", settlement.LastSeq)
                .Bind("@wakeAt", WakeAt(settlement))
                .Bind("@delay", DelayOf(settlement))
                .Bind("@another", settlement is Settlement.Retry)
                .Bind("@waitsFor", waitsFor);
            exchange.Count(waitsFor);
        }
        else if (settled.Count > 0)
        {
            exchange.AddRows(
                database.Sql.SettleExpected,
                JsonRows.Of(settled, static advance => advance.Id, static (row, advance) => row
                    .Add(advance.Epoch)
                    .Add((long)StateOf(advance.Settlement))
                    .Add(advance.Settlement!.LastSeq)
                    .Add(WakeAt(advance.Settlement))
                    .Add(DelayOf(advance.Settlement))
                    .Add(advance.Settlement is Settlement.Retry)
                    .Add(WaitsFor(advance.Settlement))))
                .Bind("@session", session.Value);
        }
    }

    private void AddFinished(Exchange exchange, SessionId session, List<ExpectedAdvance> finished)
    {
        if (finished is [{ Settlement: { } settlement } lone])
        {
            AddOne(exchange, database.Sql.FinishOneExpected, session, lone)
                .Bind("@state", (int)StateOf(settlement)).Bind("@lastSeq", settlement.LastSeq);
            AddOne(exchange, database.Sql.DeleteOneFinished, session, lone);
        }
        else if (finished.Count > 0)
        {
            exchange.AddRows(
                database.Sql.FinishExpected,
                JsonRows.Of(finished, static advance => advance.Id, static (row, advance) => row
                    .Add(advance.Epoch).Add((long)StateOf(advance.Settlement)).Add(advance.Settlement!.LastSeq)))
                .Bind("@session", session.Value);
            exchange.AddRows(
                database.Sql.DeleteFinished,
                JsonRows.Of(finished, static advance => advance.Id, static (row, advance) => row.Add(advance.Epoch)))
                .Bind("@session", session.Value);
        }
    }

    /// <summary>The only execution, if there is one and its journal has to reach somewhere.</summary>
    private static ExpectedAdvance? LoneOf(List<ExpectedAdvance> advances) =>
        advances is [{ Follows: not null } lone] ? lone : null;

    private static MySqlBatchCommand AddOne(
        Exchange exchange, string statement, SessionId session, ExpectedAdvance advance) =>
        exchange.AddScoped(statement).Bind(advance.Id).Bind("@epoch", advance.Epoch).Bind("@session", session.Value);

    /// <summary>
    /// When a suspended one wakes; null for a retry, which goes by its delay; at once for what is released.
    /// </summary>
    private static long? WakeAt(Settlement settlement) => settlement switch
    {
        Settlement.Suspended suspended => suspended.WakeAt.Micros,
        Settlement.Retry => null,
        _ => 0,
    };

    /// <summary>After what delay a retry is due.</summary>
    private static long DelayOf(Settlement settlement) =>
        settlement is Settlement.Retry retry ? Rows.Micros(retry.Delay) : 0;

    private static string? WaitsFor(Settlement settlement) => (settlement as Settlement.Suspended)?.WaitsFor;

    private static ExecutionState StateOf(Settlement? settlement) => settlement switch
    {
        null => ExecutionState.Running,
        Settlement.Finished finished => finished.State,
        Settlement.Suspended suspended => suspended.State,
        _ => ExecutionState.Pending,
    };

    private static OperationAnswer Answer(
        AdvanceOperation advance, (long Mail, ExecutionRequests Requests) fence) => new()
        {
            Kind = AnswerKind.Applied,
            Id = advance.Id,
            Mail = fence.Mail,
            Requests = advance.Settlement is Settlement.Finished ? ExecutionRequests.None : fence.Requests,
            State = StateOf(advance.Settlement),
        };
}
