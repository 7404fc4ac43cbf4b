using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.ExceptionServices;
using Hydra.MySql.Connections;
using Hydra.MySql.Sql;
using Hydra.Relational.Deciding;

namespace Hydra.MySql.Transitions;

/// <summary>Buries sessions whose time is over, and takes back what dead ones own.</summary>
/// <remarks>
/// Sessions are deleted first, and what is released afterwards is judged by its owner having no row: so a claim that
/// committed after its session was buried, and what is left when the limit was reached, are found in the same way. An
/// owner without a session is looked for beside a list of sessions, which may be out of date; so it is asked again
/// under the locks of what it owns, where an owner that lives has its row since before it claimed.
/// </remarks>
internal sealed class SweepTransition(Database database)
{
    // Owners without a session, with their workers, until all that they own is taken back.
    private readonly ConcurrentDictionary<long, string> _dead = [];

    /// <summary>
    /// Whether a sweep was cut off or had no room: no session tells any more of those that it has buried, and a look
    /// for owners without one may be too dear.
    /// </summary>
    public bool IsUnfinished => !_dead.IsEmpty;

    public async Task SweepAsync(MaintenanceRequest request, MaintenanceRound round)
    {
        if (!await database.RunAsync(exchange => BuryAsync(exchange, request)))
        {
            return;
        }

        var passed = await database.RunAsync(ReadSessionsAsync);
        var known = new Queue<long>(_dead.Keys);
        StoreException? failed = null;
        while (round.Left > 0
            && (known.TryDequeue(out var next) ? next : await FindStrangerAsync(passed)) is { } owner)
        {
            passed.Add(owner); // Whatever is left of it is for the next round.
            try
            {
                await TakeBackAsync(owner, request, round);
            }
            catch (StoreException lost) when (failed is null)
            {
                failed = lost; // One connection that ends holds up nobody else; a second is no accident.
            }
        }

        if (failed is not null)
        {
            ExceptionDispatchInfo.Throw(failed);
        }
    }

    private async Task TakeBackAsync(long owner, MaintenanceRequest request, MaintenanceRound round)
    {
        var worker = _dead.GetValueOrDefault(owner) ?? (_dead[owner] = await BuriedWorkerAsync(owner));
        await ReleaseAsync(owner, worker, request, round);
        if (round.Left > 0)
        {
            _dead.TryRemove(owner, out _);
        }
    }

    /// <summary>
    /// The same over a connection of its own; none also where an old snapshot makes that take too long.
    /// </summary>
    private async Task<long?> FindStrangerAsync(List<long> sessions)
    {
        try
        {
            return await database.RunAsync(exchange => FindStrangerAsync(exchange, sessions, default));
        }
        catch (StoreException late) when (late.InnerException is { } inner && MySqlErrors.IsTooLong(inner))
        {
            return null;
        }
    }

    /// <summary>The worker of a session that an earlier round has buried; empty where that takes too long.</summary>
    private async Task<string> BuriedWorkerAsync(long owner)
    {
        try
        {
            return await database.RunAsync(async exchange =>
            {
                exchange.AddScoped(database.Sql.ReadBuriedWorker).Bind("@owner", owner);
                await exchange.SendAsync();
                var workers = await exchange.ReadAsync(static row => row.GetString(0));
                await exchange.EndAsync();
                return workers is [var worker] ? worker : "";
            });
        }
        catch (StoreException late) when (late.InnerException is { } inner && MySqlErrors.IsTooLong(inner))
        {
            return "";
        }
    }

    /// <summary>Waits for locks that others have for a moment, and goes without what a stranger keeps.</summary>
    private async Task ReleaseAsync(long owner, string worker, MaintenanceRequest request, MaintenanceRound round)
    {
        try
        {
            await database.RunAsync(exchange => ReleaseAsync(
                exchange, (owner, worker), passed: 0, database.Sql.LockExecutions, request, round));
        }
        catch (StoreException blocked) when (blocked.Blocked)
        {
            var (passed, kept) = (0, 0);
            do
            {
                passed += kept; // There may be more behind what a stranger keeps.
                kept = await database.RunAsync(exchange => ReleaseAsync(
                    exchange, (owner, worker), passed, database.Sql.LockFreeExecutions, request, round));
            }
            while (kept > 0);
        }
    }

    /// <summary>Finds an owner that is none of some sessions.</summary>
    public async Task<long?> FindStrangerAsync(
        Exchange exchange, IEnumerable<long> sessions, CancellationToken cancellationToken)
    {
        var list = string.Join(
            ", ", sessions.Prepend(0).Select(static id => id.ToString(CultureInfo.InvariantCulture)));
        exchange.AddScoped(database.Sql.ReadStrangers.Replace("{sessions}", list, StringComparison.Ordinal));
        await exchange.SendAsync(cancellationToken);
        var strangers = await exchange.ReadAsync(static row => row.GetInt64(0), cancellationToken);
        await exchange.EndAsync(cancellationToken);
        return strangers.Count > 0 ? strangers[0] : null;
    }

    private async Task<List<long>> ReadSessionsAsync(Exchange exchange)
    {
        exchange.AddScoped(database.Sql.ReadExpiries);
        await exchange.SendAsync();
        var sessions = await exchange.ReadAsync(static row => row.GetInt64(0));
        await exchange.EndAsync();
        return sessions;
    }

    /// <summary>Deletes expired sessions.</summary>
    /// <returns>Whether the one that asks may judge.</returns>
    private async Task<bool> BuryAsync(Exchange exchange, MaintenanceRequest request)
    {
        AddJudges(exchange, request);
        exchange.Add(MySqlSql.ReadJudges);
        exchange.AddScoped(database.Sql.ReadExpiredSessions).Bind("@session", request.Session.Value);
        await exchange.SendAsync();
        var judges = await exchange.ReadOneAsync(static row => row.GetBoolean(0));
        var expired = await exchange.ReadAsync(static row => (Id: row.GetInt64(0), Worker: row.GetString(1)));
        await exchange.EndAsync();

        foreach (var (id, worker) in expired)
        {
            _dead[id] = worker; // Before it is: the answer may be lost.
            if (!await BuryAsync(exchange, id, request))
            {
                _dead.TryRemove(id, out _);
            }
        }

        return judges;
    }

    /// <summary>
    /// Deletes one session, in a transaction of its own: it takes one lock, and so never two in a wrong order.
    /// </summary>
    private async Task<bool> BuryAsync(Exchange exchange, long id, MaintenanceRequest request)
    {
        exchange.Begin();
        AddJudges(exchange, request);
        exchange.AddScoped(database.Sql.DeleteExpiredSession).Bind("@expired", id);
        exchange.Add(MySqlSql.ReadCount);
        await exchange.SendAsync();
        var isBuried = await exchange.ReadOneAsync(static row => row.GetInt64(0)) > 0;
        await exchange.EndAsync();
        if (isBuried)
        {
            exchange.AddScoped(database.Sql.DeleteSessionWorkflows).Bind("@session", id);
        }

        exchange.Commit();
        await exchange.SendAsync();
        await exchange.EndAsync();
        return isBuried;
    }

    private void AddJudges(Exchange exchange, MaintenanceRequest request)
    {
        exchange.SetNow();
        exchange.AddScoped(database.Sql.SetJudges).Bind("@session", request.Session.Value);
    }

    /// <returns>How many of a full page others have kept, so that the rest of it lies behind them; or else 0.</returns>
    private async Task<int> ReleaseAsync(
        Exchange exchange,
        (long Id, string Worker) owner,
        int passed,
        string statement,
        MaintenanceRequest request,
        MaintenanceRound round)
    {
        exchange.AddScoped(database.Sql.CountSuspects)
            .Bind("@owner", owner.Id).Bind("@suspectAfter", request.SuspectAfter);
        await exchange.SendAsync();
        var suspects = await exchange.ReadOneAsync(static row => row.GetInt64(0));
        await exchange.EndAsync();

        var limit = Math.Max(round.Left, suspects);
        exchange.AddScoped(database.Sql.ReadPage)
            .Bind("@owner", owner.Id).Bind("@limit", limit).Bind("@passed", passed);
        await exchange.SendAsync();
        var ids = await exchange.ReadAsync(static row => Database.Rows.Id(row, 0));
        await exchange.EndAsync();

        exchange.Begin();
        var image = await LockedExecutions.ReadAsync(exchange, ids, statement, static lockThem => lockThem, database);
        exchange.AddScoped(database.Sql.SetAlive).Bind("@session", owner.Id);
        exchange.Add(MySqlSql.ReadAlive);
        await exchange.SendAsync();
        var alive = await exchange.ReadOneAsync(static row => row.GetBoolean(0));
        await exchange.EndAsync();

        var orphans = image.Executions
            .Where(execution => !alive && execution.Now.Row.Owner.Value == owner.Id);
        var released = CrashDecision.Releasable(orphans, suspects, request).ConvertAll(execution => (
            execution.Id, Quarantined: CrashDecision.Release(execution, owner.Worker, suspects, request, image)));
        await TransactionWriter.WriteAsync(exchange, image, database);
        released.ForEach(one => round.AddReleased(one.Id, one.Quarantined));
        return ids.Count == limit && round.Left > 0 ? ids.Count - released.Count : 0;
    }
}
