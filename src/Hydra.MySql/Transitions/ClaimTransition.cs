using Hydra.MySql.Connections;
using Hydra.MySql.Sql;
using Hydra.Relational.Claiming;
using Hydra.Relational.Reading;

namespace Hydra.MySql.Transitions;

/// <summary>Makes due executions a session's own and reads their journals.</summary>
/// <remarks>
/// One round trip looks, without a lock, at what each level has first; an idle worker is answered with that. A second
/// one reads what is due in the levels that have any, and a third takes from that, in order, what nobody else holds,
/// and reads the journals behind the locks. It looks for more than it takes, so that workers who see the same need not
/// go away empty; when they do nevertheless, they look again.
/// </remarks>
internal sealed class ClaimTransition(Database database)
{
    private const int MostLooks = 5;

    public async Task<ClaimAnswer> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken)
    {
        for (var look = 1; ; look++)
        {
            var found = await LookAsync(request, look, cancellationToken);
            if (!found.SessionExists)
            {
                return new ClaimAnswer(found.Now, SessionLost: true, [], Instant.Never, More: false);
            }

            var ordered = DueChoice.Order(found.Due, request);
            if (ordered.Count == 0 || request.Limit <= 0)
            {
                return new ClaimAnswer(found.Now, SessionLost: false, [], found.NextDue, More: ordered.Count > 0);
            }

            var claimed = await TakeAsync(request, ordered);
            if (claimed.Count > 0 || look == MostLooks)
            {
                return new ClaimAnswer(
                    found.Now, SessionLost: false, claimed, found.NextDue, More: ordered.Count > claimed.Count);
            }
        }
    }

    private Task<Found> LookAsync(ClaimRequest request, int look, CancellationToken cancellationToken) =>
        database.RunAsync(
            async exchange =>
            {
                var workflows = request.Workflows.Where(StoreRules.IsStorable).ToArray(); // Nothing has another name.
                exchange.SetNow();
                exchange.AddScoped(database.Sql.SetBuild).Bind("@session", request.Session.Value);
                exchange.Add(MySqlSql.ReadClaimer);
                exchange.AddRows(database.Sql.ReadLevels, Level.Numbered(workflows));
                await exchange.SendAsync(cancellationToken);
                var (now, build) = await exchange.ReadOneAsync(
                    row => (database.Clock.Observe(row.GetInt64(0)), row.IsDBNull(1) ? null : row.GetString(1)),
                    cancellationToken);
                var levels = await exchange.ReadAsync(row => Level.Read(row, workflows), cancellationToken);
                await exchange.EndAsync(cancellationToken);

                var due = levels.FindAll(level => level.First <= now);
                var next = levels.Where(level => level.First > now).Select(static level => level.First)
                    .DefaultIfEmpty(Instant.Never).Min();
                if (build is null || due.Count == 0)
                {
                    return new Found(now, build is not null, [], next);
                }

                var depth = ((long)Math.Max(request.Limit, 0) << look) + 1; // Others may have taken the rest.
                var found = new Found(now, SessionExists: true, [], next);
                return await ReadDueAsync(exchange, found, due, build, depth, cancellationToken);
            },
            cancellationToken);

    /// <summary>Reads what is due in some levels and when more will be, at the time that they were looked at.</summary>
    private async Task<Found> ReadDueAsync(
        Exchange exchange,
        Found found,
        List<Level> levels,
        string build,
        long depth,
        CancellationToken cancellationToken)
    {
        exchange.Add(MySqlSql.KeepNow).Bind("@micros", found.Now.Micros);
        foreach (var level in levels)
        {
            exchange.AddScoped(database.Sql.ReadDue)
                .Bind("@workflow", level.Workflow).Bind("@suspect", level.Suspect ? 1 : 0)
                .Bind("@priority", level.Priority).Bind("@build", build).Bind("@depth", depth);
        }

        await exchange.SendAsync(cancellationToken);
        var next = found.NextDue;
        foreach (var level in levels)
        {
            await exchange.ReadAsync(
                row =>
                {
                    var dueAt = Rows.Time(row, 0);
                    if (row.IsDBNull(1))
                    {
                        next = Instant.Min(next, dueAt);
                    }
                    else
                    {
                        found.Due.Add(new DueExecution(
                            Database.Rows.Id(row, 1), dueAt, level.Priority, level.Suspect, row.GetInt64(2)));
                    }

                    return 0;
                },
                cancellationToken);
        }

        await exchange.EndAsync(cancellationToken);
        return found with { NextDue = next };
    }

    private Task<List<ClaimedExecution>> TakeAsync(ClaimRequest request, List<DueExecution> due) =>
        database.RunAsync(async exchange =>
        {
            var rows = JsonRows.Of(due, static next => next.Id, (row, next) =>
                row.Add(next.Epoch).Add(request.CachedThrough(next.Id)));
            var session = request.Session.Value;
            exchange.Begin();
            exchange.SetNow();
            exchange.AddScoped(database.Sql.SetAlive).Bind("@session", session);
            exchange.AddRows(database.Sql.Take, rows)
                .Bind("@session", session).Bind("@limit", request.Limit).Bind("@bytes", request.MaxJournalBytes);
            exchange.AddRows(database.Sql.ReadTaken, rows).Bind("@session", session);
            exchange.AddRows(database.Sql.ReadClaimedJournals, rows).Bind("@session", session);
            exchange.AddRows(database.Sql.ReadTried, rows).Bind("@session", session);
            exchange.Commit();
            await exchange.SendAsync();

            var taken = await exchange.ReadAsync(Database.Rows.Execution);
            var entries = await exchange.ReadAsync(
                static row => (Id: Database.Rows.Id(row, 0), Entry: Rows.Entry(row, 1)));
            var tried = await exchange.ReadAsync(
                static row => (Id: Database.Rows.Id(row, 0), Tried: Rows.Tried(row, 1)));
            await exchange.EndAsync();

            var byId = taken.ToDictionary(static row => row.Id);
            var journals = entries.ToLookup(static entry => entry.Id, static entry => entry.Entry);
            var steps = tried.ToLookup(static step => step.Id, static step => step.Tried);
            return due.FindAll(next => byId.ContainsKey(next.Id)).ConvertAll(next =>
                new ClaimedExecution(byId[next.Id], [.. journals[next.Id]], [.. steps[next.Id]]));
        });

    /// <summary>What a look has found; it adds to what is due.</summary>
    private sealed record Found(Instant Now, bool SessionExists, List<DueExecution> Due, Instant NextDue);
}
