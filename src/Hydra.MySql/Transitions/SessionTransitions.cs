using Hydra.MySql.Connections;
using Hydra.MySql.Sql;
using Hydra.Relational.Deciding;
using Hydra.Relational.Reading;

namespace Hydra.MySql.Transitions;

/// <summary>Opens and closes worker sessions. Their beats and deaths are others' business.</summary>
internal sealed class SessionTransitions(Database database)
{
    public Task<Instant> OpenAsync(SessionRow session) => database.RunAsync(async exchange =>
    {
        StoreRules.Validate(session);
        exchange.Begin();
        exchange.SetNow();
        exchange.AddScoped(database.Sql.SetSessionNow);
        exchange.AddScoped(database.Sql.OpenSession)
            .Bind("@session", session.Id.Value)
            .Bind("@worker", session.Worker)
            .Bind("@build", session.Build)
            .Bind("@host", session.Host)
            .Bind("@concurrency", session.Concurrency)
            .Bind("@interval", Rows.Micros(session.HeartbeatInterval))
            .Bind("@claimTimeout", Rows.Micros(session.ClaimTimeout));
        exchange.AddRows(database.Sql.InsertSessionWorkflows, Level.Numbered(session.Workflows))
            .Bind("@session", session.Id.Value);
        exchange.Add(MySqlSql.ReadNow);
        exchange.Commit();
        await exchange.SendAsync();
        var now = await exchange.ReadNowAsync();
        await exchange.EndAsync();
        return now;
    });

    /// <summary>
    /// Removes the session; what it still owns is due at once, under the epoch that it has: this is no crash.
    /// </summary>
    public Task CloseAsync(SessionId session) => database.RunAsync(async exchange =>
    {
        exchange.Begin();
        exchange.AddScoped(database.Sql.DeleteSession).Bind("@session", session.Value);
        exchange.AddScoped(database.Sql.DeleteSessionWorkflows).Bind("@session", session.Value);
        exchange.AddScoped(database.Sql.ReadOwned).Bind("@session", session.Value);
        await exchange.SendAsync();
        var owned = await exchange.ReadAsync(static row => Database.Rows.Id(row, 0));
        await exchange.EndAsync();

        var image = await LockedExecutions.ReadAsync(exchange, owned, database);
        foreach (var execution in image.Executions)
        {
            HandBack(execution, session, image.Now);
        }

        await TransactionWriter.WriteAsync(exchange, image, database);
        return true;
    });

    private static void HandBack(ExecutionImage execution, SessionId session, Instant now)
    {
        var row = execution.Now.Row;
        if (row.Owner == session)
        {
            execution.Become(execution.Now with
            {
                Row = row with
                {
                    State = ExecutionState.Pending,
                    Owner = SessionId.None,
                    DueAt = now,
                    LastSeq = execution.Tail.LastSeq,
                },
            });
        }
    }
}
