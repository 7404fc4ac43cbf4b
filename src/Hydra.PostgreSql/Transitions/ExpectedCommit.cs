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
/// as far as they ask for nothing but the row: what an ordinary settlement makes of it.
/// </remarks>
internal sealed class ExpectedCommit(Database database)
{
    private const string DivisionByZero = "22012"; // What an assertion that does not hold does.
    private const string UniqueViolation = "23505"; // An entry is there already.

    /// <returns>Null when something was not as expected; nothing has been written then.</returns>
    public async Task<CommitAnswer?> TryCommitAsync(Exchange exchange, CommitBatch batch, ExpectedPlan plan)
    {
        try
        {
            return await CommitAsync(exchange, batch, plan);
        }
        catch (PostgresException exception) when (exception.SqlState is DivisionByZero or UniqueViolation)
        {
            await exchange.UndoAsync();
            return null;
        }
    }

    private async Task<CommitAnswer> CommitAsync(Exchange exchange, CommitBatch batch, ExpectedPlan plan)
    {
        var starts = batch.Operations.OfType<StartOperation>().ToList();
        Add(exchange, batch.Session, plan, starts);
        await exchange.SendAsync();
        var fences = await exchange.ReadAsync(static row => (
            Id: Database.Rows.Id(row, 0), Mail: row.GetInt64(1), Requests: (ExecutionRequests)row.GetInt32(2)));
        await exchange.ReadAsync(static row => 0); // The assertion.
        var started = starts.Count > 0 ? await exchange.ReadAsync(Database.Rows.Stored) : [];
        var image = new TransactionImage(await exchange.ReadNowAsync());
        await exchange.EndAsync();
        started.ForEach(image.Add);

        var byId = fences.ToDictionary(static fence => fence.Id);
        var answers = new OperationAnswer[batch.Operations.Count];
        for (var i = 0; i < answers.Length; i++)
        {
            answers[i] = batch.Operations[i] is StartOperation start
                ? StartDecision.Decide(start, image)
                : Answer((AdvanceOperation)batch.Operations[i], byId[batch.Operations[i].Id]);
        }

        return new CommitAnswer(image.Now, answers);
    }

    private void Add(Exchange exchange, SessionId session, ExpectedPlan plan, List<StartOperation> starts)
    {
        var sql = database.Sql;
        exchange.Begin();
        if (starts.Count > 0)
        {
            StartStatements.AddInserts(exchange, starts, sql);
        }

        exchange.AddScoped(sql.LockExpected).BindIds(plan.Advances, static advance => advance.Id);
        exchange.AddScoped(sql.AssertExpected)
            .BindIds(plan.Advances, static advance => advance.Id)
            .Bind(plan.Advances.Column(static advance => advance.Epoch))
            .Bind(plan.Advances.Column(static advance => advance.MailSeen))
            .Bind(plan.Advances.Column(static advance => advance.Unasked))
            .Bind(plan.Advances.Column(static advance => advance.Follows))
            .Bind(plan.Advances.Column(static advance => advance.Ends))
            .Bind(session.Value)
            .Bind((long)plan.Advances.Count);
        if (plan.Entries.Count > 0)
        {
            TransactionWriter.AddEntries(exchange, plan.Entries, sql);
        }

        if (plan.Tries.Count > 0)
        {
            TransactionWriter.AddTries(exchange, plan.Tries, sql);
        }

        if (plan.Settled.Count > 0)
        {
            AddSettle(exchange, plan.Settled);
        }

        if (starts.Count > 0)
        {
            StartStatements.AddReads(exchange, starts, sql);
        }

        exchange.AddNow();
        exchange.Commit();
    }

    private void AddSettle(Exchange exchange, List<ExpectedAdvance> settled) =>
        exchange.AddTimed(database.Sql.SettleExpected)
            .BindIds(settled, static advance => advance.Id)
            .Bind(settled.Column(static advance => (short)StateOf(advance.Settlement!)))
            .Bind(settled.Column(static advance => advance.Settlement!.LastSeq))
            .Bind(settled.Column(static advance => WakeAt(advance.Settlement!)))
            .Bind(settled.Column(static advance => advance.Settlement is Settlement.Retry retry
                ? Rows.Micros(retry.Delay)
                : 0))
            .Bind(settled.Column(static advance => advance.Settlement is Settlement.Retry))
            .Bind(settled.Column(static advance => (advance.Settlement as Settlement.Suspended)?.WaitsFor));

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

    private static OperationAnswer Answer(
        AdvanceOperation advance, (ExecutionId Id, long Mail, ExecutionRequests Requests) fence) => new()
        {
            Kind = AnswerKind.Applied,
            Id = advance.Id,
            Mail = fence.Mail,
            Requests = advance.Settlement is Settlement.Finished ? ExecutionRequests.None : fence.Requests,
            State = StateOf(advance.Settlement),
        };
}
