using Hydra.MySql.Connections;
using Hydra.MySql.Sql;
using Hydra.Relational.Deciding;
using Hydra.Relational.Reading;
using MySqlConnector;

namespace Hydra.MySql.Transitions;

/// <summary>Opens and closes worker sessions. Their beats and deaths are others' business.</summary>
internal sealed class SessionTransitions(Database database)
{
    private const int LockWaitTimeout = 1205;

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
    /// Removes the session; what it still owns is due at once, under the epoch that it has: this is no crash. Mostly
    /// that is nothing, so where it takes too long to find, the session goes all the same, and others look for it.
    /// </summary>
    public Task CloseAsync(SessionId session) => database.RunAsync(async exchange =>
    {
        exchange.Begin();
        AddDelete(exchange, session);
        exchange.AddScoped(database.Sql.ReadOwned).Bind("@session", session.Value);
        if (await TryReadOwnedAsync(exchange) is not { } owned)
        {
            AddDelete(exchange, session); // Which may be what had to wait.
            exchange.Commit();
            await exchange.SendAsync();
            await exchange.EndAsync();
            return true;
        }

        var image = await LockedExecutions.ReadAsync(exchange, owned, database);
        foreach (var execution in image.Executions)
        {
            HandBack(execution, session, image.Now);
        }

        await TransactionWriter.WriteAsync(exchange, image, database);
        return true;
    });

    private void AddDelete(Exchange exchange, SessionId session)
    {
        exchange.AddScoped(database.Sql.DeleteSession).Bind("@session", session.Value);
        exchange.AddScoped(database.Sql.DeleteSessionWorkflows).Bind("@session", session.Value);
    }

    /// <returns>
    /// Null where that takes too long: under an old snapshot, or because the table is locked, which is an error of its
    /// own on MySQL. Both undo the look and nothing else.
    /// </returns>
    private static async Task<List<ExecutionId>?> TryReadOwnedAsync(Exchange exchange)
    {
        try
        {
            await exchange.SendAsync();
            var owned = await exchange.ReadAsync(static row => Database.Rows.Id(row, 0));
            await exchange.EndAsync();
            return owned;
        }
        catch (MySqlException late) when (MySqlErrors.IsTooLong(late) || late.Number == LockWaitTimeout)
        {
            await exchange.GoOnAsync();
            return null;
        }
    }

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
