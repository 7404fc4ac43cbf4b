using Hydra.PostgreSql.Connections;
using Hydra.Relational.Deciding;
using Hydra.Relational.Reading;
using Npgsql;

namespace Hydra.PostgreSql.Transitions;

/// <summary>Commits what nearly every batch holds in one round trip, when all is as it should be.</summary>
/// <remarks>
/// The writes are sent along with the locks. Between them the database asserts that every execution is owned as the
/// batch claims, that no mail has moved and that journals are gap-free; where that does not hold a statement fails, all
/// is undone, and <see cref="CommitTransition"/> decides under the locks in two round trips. So the rules are here only
/// as far as they ask for nothing but the row: what an ordinary settlement makes of it. Where all executions of a batch
/// end, the update that ends them is the lock and the assertion too.
/// Starts are expected to be new. Where those with keys are not, what holds the keys is read after the commit.
/// </remarks>
internal sealed class ExpectedCommit(Database database)
{
    private const string DivisionByZero = "22012"; // What an assertion that does not hold does.
    private const string UniqueViolation = "23505"; // An entry or a start is there already.

    /// <param name="exchange">The connection.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="plan">Its advances; null when it has none, but starts alone.</param>
    /// <returns>Null when something was not as expected; nothing has been written then.</returns>
    public async Task<CommitAnswer?> TryCommitAsync(Exchange exchange, CommitBatch batch, ExpectedPlan? plan)
    {
        var starts = batch.Operations.OfType<StartOperation>().ToList();
        Dictionary<ExecutionId, InsertedStart> inserted;
        ExpectedFence? fence;
        try
        {
            (inserted, fence) = await CommitAsync(exchange, batch.Session, plan, starts);
        }
        catch (PostgresException exception) when (exception.SqlState is DivisionByZero or UniqueViolation)
        {
            await exchange.UndoAsync();
            return null;
        }

        var others = starts.FindAll(start => !inserted.ContainsKey(start.Id));
        var image = others.Count > 0 ? await ReadAsync(exchange, others) : null;
        var now = image?.Now ?? fence?.Now ?? inserted.Values.First().CreatedAt;
        var answers = new OperationAnswer[batch.Operations.Count];
        for (var i = 0; i < answers.Length; i++)
        {
            answers[i] = batch.Operations[i] is not StartOperation start
                ? Answer((AdvanceOperation)batch.Operations[i], fence!)
                : inserted.TryGetValue(start.Id, out var row) ? row.Answer
                : StartDecision.Decide(start, image!);
        }

        return new CommitAnswer(now, answers);
    }

    private async Task<(Dictionary<ExecutionId, InsertedStart> Inserted, ExpectedFence? Fence)> CommitAsync(
        Exchange exchange, SessionId session, ExpectedPlan? plan, List<StartOperation> starts)
    {
        exchange.Begin();
        if (starts.Count > 0 && starts.TrueForAll(static start => start.Key is null))
        {
            StartStatements.AddNew(exchange, starts, database.Sql);
        }
        else if (starts.Count > 0)
        {
            StartStatements.AddInserts(exchange, starts, database.Sql);
        }

        if (plan is not null)
        {
            Add(exchange, session, plan);
        }

        exchange.Commit();
        await exchange.SendAsync();
        var inserted = starts.Count > 0 ? await exchange.ReadAsync(InsertedStart.Read) : [];
        var fence = plan is not null ? await exchange.ReadOneAsync(ReadFence) : null;
        await exchange.EndAsync();
        return (inserted.ToDictionary(static row => row.Id), fence);
    }

    /// <summary>Reads what has the ids or keys of starts that were not inserted.</summary>
    private async Task<TransactionImage> ReadAsync(Exchange exchange, List<StartOperation> starts)
    {
        try
        {
            exchange.Begin();
            StartStatements.AddReads(exchange, starts, database.Sql);
            exchange.AddNow();
            exchange.Commit(writes: false);
            await exchange.SendAsync();
            var rows = await exchange.ReadAsync(Database.Rows.Stored);
            var image = new TransactionImage(await exchange.ReadNowAsync());
            await exchange.EndAsync();
            rows.ForEach(image.Add);
            return starts.TrueForAll(start => StartDecision.CanDecide(start, image))
                ? image
                : throw StartDecision.LeftUndecided();
        }
        catch (Exception exception) when (exception is not StoreException && database.Errors.Knows(exception))
        {
            throw new StoreException(
                StoreErrorKind.InDoubt,
                $"The batch was written, but what holds keys that were taken could not be read ({exception.Message}). "
                + "Commit the same again.",
                exception);
        }
    }

    private ExpectedFence ReadFence(NpgsqlDataReader row) => new(
        database.Clock.Observe(row.GetInt64(1)),
        row.GetFieldValue<Guid[]>(2),
        row.GetFieldValue<long[]>(3),
        row.GetFieldValue<int[]>(4));

    private void Add(Exchange exchange, SessionId session, ExpectedPlan plan)
    {
        var sql = database.Sql;
        var endsAll = plan.Settled.Count == plan.Advances.Count
            && plan.Settled.TrueForAll(static advance => advance.Settlement is Settlement.Finished);
        if (endsAll)
        {
            AddEnd(exchange, session, plan.Settled);
        }
        else
        {
            AddLock(exchange, session, plan.Advances);
        }

        exchange.AddScoped(sql.AssertJournals)
            .BindIds(plan.Advances, static advance => advance.Id)
            .Bind(plan.Advances.Column(static advance => advance.Follows))
            .Bind(plan.Advances.Column(static advance => advance.Ends));
        if (plan.Entries.Count > 0)
        {
            TransactionWriter.AddEntries(exchange, plan.Entries, sql);
        }

        if (plan.Tries.Count > 0)
        {
            TransactionWriter.AddTries(exchange, plan.Tries, sql);
        }

        if (plan.Settled.Count > 0 && !endsAll)
        {
            AddSettle(exchange, session, plan.Settled);
        }
    }

    private void AddLock(Exchange exchange, SessionId session, List<ExpectedAdvance> advances) =>
        exchange.AddTimed(database.Sql.LockExpected)
            .BindIds(advances, static advance => advance.Id)
            .Bind(advances.Column(static advance => advance.Epoch))
            .Bind(advances.Column(static advance => advance.MailSeen))
            .Bind(advances.Column(static advance => advance.Unasked))
            .Bind(session.Value);

    private void AddEnd(Exchange exchange, SessionId session, List<ExpectedAdvance> ended) =>
        exchange.AddTimed(database.Sql.EndExpected)
            .BindIds(ended, static advance => advance.Id)
            .Bind(ended.Column(static advance => advance.Epoch))
            .Bind(ended.Column(static advance => (short)StateOf(advance.Settlement)))
            .Bind(ended.Column(static advance => advance.Settlement!.LastSeq))
            .Bind(session.Value);

    private void AddSettle(Exchange exchange, SessionId session, List<ExpectedAdvance> settled) =>
        exchange.AddTimed(database.Sql.SettleExpected)
            .BindIds(settled, static advance => advance.Id)
            .Bind(settled.Column(static advance => (short)StateOf(advance.Settlement!)))
            .Bind(settled.Column(static advance => advance.Settlement!.LastSeq))
            .Bind(settled.Column(static advance => WakeAt(advance.Settlement!)))
            .Bind(settled.Column(static advance => advance.Settlement is Settlement.Retry retry
                ? Rows.Micros(retry.Delay)
                : 0))
            .Bind(settled.Column(static advance => advance.Settlement is Settlement.Retry))
            .Bind(settled.Column(static advance => (advance.Settlement as Settlement.Suspended)?.WaitsFor))
            .Bind(settled.Column(static advance => advance.Epoch))
            .Bind(session.Value);

    /// <summary>
    /// When a suspended one wakes; null for a retry, which goes by its delay; at once for what is released.
    /// </summary>
    private static long? WakeAt(Settlement settlement) => settlement switch
    {
        Settlement.Suspended suspended => suspended.WakeAt.Micros,
        Settlement.Retry => null,
        _ => 0,
    };

    private static ExecutionState StateOf(Settlement? settlement) => settlement switch
    {
        null => ExecutionState.Running,
        Settlement.Finished finished => finished.State,
        Settlement.Suspended suspended => suspended.State,
        _ => ExecutionState.Pending,
    };

    private static OperationAnswer Answer(AdvanceOperation advance, ExpectedFence fence)
    {
        var (mail, requests) = fence[advance.Id];
        return new OperationAnswer
        {
            Kind = AnswerKind.Applied,
            Id = advance.Id,
            Mail = mail,
            Requests = advance.Settlement is Settlement.Finished ? ExecutionRequests.None : requests,
            State = StateOf(advance.Settlement),
        };
    }
}
