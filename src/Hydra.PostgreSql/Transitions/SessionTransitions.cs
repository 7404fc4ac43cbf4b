using Hydra.PostgreSql.Connections;
using Hydra.Relational.Reading;

namespace Hydra.PostgreSql.Transitions;

/// <summary>Opens and closes worker sessions. Their beats and deaths are others' business.</summary>
internal sealed class SessionTransitions(Database database)
{
    public Task<Instant> OpenAsync(SessionRow session) => database.RunAsync(async exchange =>
    {
        StoreRules.Validate(session);
        exchange.Begin();
        exchange.AddTimed(database.Sql.OpenSession)
            .Bind(session.Id.Value)
            .Bind(session.Worker)
            .Bind(session.Build)
            .Bind(session.Host)
            .Bind(session.Workflows.Column(static name => name))
            .Bind(session.Concurrency)
            .Bind(Rows.Micros(session.HeartbeatInterval))
            .Bind(Rows.Micros(session.ClaimTimeout));
        exchange.Commit();
        await exchange.SendAsync();
        var now = await exchange.ReadNowAsync();
        await exchange.EndAsync();
        return now;
    });

    /// <summary>Removes the session; what it still owns is due at once and nothing counts as a crash.</summary>
    /// <returns>Whether it still owned anything.</returns>
    public Task<bool> CloseAsync(SessionId session) => database.RunAsync(async exchange =>
    {
        exchange.Begin();
        exchange.AddScoped(database.Sql.DeleteSession).Bind(session.Value);
        exchange.AddScoped(database.Sql.LockOwned).Bind(session.Value);
        exchange.AddTimed(database.Sql.HandBack).Bind(session.Value);
        exchange.Commit();
        await exchange.SendAsync();
        var owned = await exchange.ReadAsync(static row => Database.Rows.Id(row, 0));
        await exchange.EndAsync();
        return owned.Count > 0;
    });
}
