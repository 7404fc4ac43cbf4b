using System.Runtime.ExceptionServices;
using Hydra.PostgreSql.Connections;
using Hydra.Relational;
using Hydra.Relational.Deciding;
using Hydra.Relational.Reading;
using Npgsql;

namespace Hydra.PostgreSql.Transitions;

/// <summary>
/// The duties that any worker does for all, within one limit: sweep, end what is past its deadline, unblock.
/// </summary>
/// <remarks>
/// Mostly there is nothing to do, and one look without a lock finds that out. Whoever finds something does it in pages,
/// a transaction each, and judges again under the locks. Sessions are deleted first, and what is released
/// afterwards is judged by its owner having no row: so a claim that committed after its session was buried, and what is
/// left when the limit was reached, are found in the same way.
/// </remarks>
internal sealed class MaintainTransition(Database database)
{
    private const int MostShortWaits = 40; // About as long in all as a store waits for one lock.

    private static readonly TimeSpan ShortWait = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestLook = TimeSpan.FromSeconds(1);

    private readonly LookPause _pause = new(database.Clock.Time); // Between looks for strangers.

    // A sweep that was cut off or had no room has buried sessions whose work only a look for strangers would tell. A
    // round in which the one that asks may judge nobody leaves that as it is.
    private volatile bool _isSweeping;

    public async Task<MaintenanceAnswer> MaintainAsync(
        MaintenanceRequest request, CancellationToken cancellationToken)
    {
        StoreRules.Validate(request);
        var found = await LookAsync(request, cancellationToken);
        if (!found.Duties.HasFlag(Duties.Sweep)
            && (_isSweeping || await AreThereStrangersAsync(cancellationToken)))
        {
            found.Duties |= Duties.Sweep;
        }

        if (found.Duties == Duties.None)
        {
            return new MaintenanceAnswer(found.Now, found.NextExpiry, [], [], [], [], More: false);
        }

        var round = new MaintenanceRound(request.Limit);
        if (found.Duties.HasFlag(Duties.Sweep))
        {
            var wasSweeping = _isSweeping;
            _isSweeping = true;
            var judges = await SweepAsync(request, round);
            _isSweeping = round.Left <= 0 || (wasSweeping && !judges);
        }

        // What has just been taken back and quarantined may be past its deadline as well.
        if (round.Left > 0 && (found.Duties.HasFlag(Duties.Deadlines) || round.Left < request.Limit))
        {
            await database.RunAsync(exchange => EndPastDeadlineAsync(exchange, request, round), cancellationToken);
        }

        if (round.Left > 0 && found.Duties.HasFlag(Duties.Unblock))
        {
            await database.RunAsync(exchange => UnblockAsync(exchange, request, round), cancellationToken);
        }

        return await database.RunAsync(exchange => AnswerAsync(exchange, request, round), cancellationToken);
    }

    private Task<(Instant Now, Instant NextExpiry, Duties Duties)> LookAsync(
        MaintenanceRequest request, CancellationToken cancellationToken) => database.RunAsync(
        async exchange =>
        {
            exchange.Begin();
            exchange.AddTimed(database.Sql.ReadDuties)
                .Bind(request.Session.Value).Bind(request.Build).Bind(Rows.Micros(request.DeadlineGrace));
            exchange.Commit(writes: false);
            await exchange.SendAsync(cancellationToken);
            var found = await exchange.ReadOneAsync(
                row => (
                    database.Clock.Observe(row.GetInt64(0)),
                    Rows.TimeOrNull(row, 1) ?? Instant.Never,
                    (row.GetBoolean(2) ? Duties.Sweep : Duties.None)
                        | (row.GetBoolean(3) ? Duties.Deadlines : Duties.None)
                        | (row.GetBoolean(4) ? Duties.Unblock : Duties.None)),
                cancellationToken);
            await exchange.EndAsync(cancellationToken);
            return found;
        },
        cancellationToken);

    /// <summary>
    /// Whether anything is owned without a session. Where an old snapshot keeps too much of what dead sessions have
    /// owned, that is found out seldom, or when it is over: sessions that expire meanwhile are swept all the same.
    /// </summary>
    private async Task<bool> AreThereStrangersAsync(CancellationToken cancellationToken)
    {
        if (!_pause.IsOver)
        {
            return false;
        }

        var begun = 0L;
        var there = await WithinAsync(
            exchange =>
            {
                begun = database.Clock.Time.GetTimestamp(); // Waiting for a connection makes no look dear.
                exchange.AddScoped(database.Sql.LookForStrangers);
            },
            static row => row.GetBoolean(0),
            LongestLook,
            cancellationToken);
        _pause.Note(begun, there is not null);
        return there is [true];
    }

    /// <returns>Whether the one that asks may judge; what takes too long to find is left to the look for strangers.
    /// </returns>
    private async Task<bool> SweepAsync(MaintenanceRequest request, MaintenanceRound round)
    {
        var buried = await database.RunAsync(exchange => BuryAsync(exchange, request));
        var found = await WithinAsync(
            exchange => exchange.AddTimed(database.Sql.ReadDeadOwners).Bind(request.Session.Value),
            static row => (Judges: row.GetBoolean(0), Owner: row.IsDBNull(1) ? 0 : row.GetInt64(1)),
            TimeSpan.MaxValue,
            CancellationToken.None) ?? [(Judges: true, Owner: 0)];
        var dead = found.Select(static one => one.Owner).Where(static owner => owner > 0);
        StoreException? failed = null;
        foreach (var owner in dead.Union(buried.Keys).TakeWhile(_ => round.Left > 0))
        {
            try
            {
                await TakeBackAsync(owner, buried.GetValueOrDefault(owner), request, round);
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

        return found[0].Judges;
    }

    /// <summary>Each in a transaction of its own, so that its locks are taken in the one order.</summary>
    private async Task TakeBackAsync(long owner, string? worker, MaintenanceRequest request, MaintenanceRound round)
    {
        var suspects = await database.RunAsync(exchange => CountSuspectsAsync(exchange, owner, request));
        await ReleaseAsync(new Orphans(owner, worker ?? await BuriedWorkerAsync(owner), suspects), request, round);
    }

    /// <summary>The worker of a session that an earlier round has buried; empty where that takes too long.</summary>
    private async Task<string> BuriedWorkerAsync(long owner)
    {
        var workers = await WithinAsync(
            exchange => exchange.AddScoped(database.Sql.ReadBuriedWorker).Bind(owner),
            static row => row.GetString(0),
            LongestLook,
            CancellationToken.None);
        return workers is [var worker] ? worker : "";
    }

    /// <summary>Reads within a limit of time.</summary>
    /// <returns>The rows, or null when it took too long.</returns>
    private async Task<List<T>?> WithinAsync<T>(
        Action<Exchange> add, Func<NpgsqlDataReader, T> read, TimeSpan limit, CancellationToken cancellationToken)
    {
        try
        {
            return await database.RunAsync(
                async exchange =>
                {
                    exchange.StatementLimit = limit;
                    exchange.Begin();
                    add(exchange);
                    exchange.Commit(writes: false);
                    await exchange.SendAsync(cancellationToken);
                    var rows = await exchange.ReadAsync(read, cancellationToken);
                    await exchange.EndAsync(cancellationToken);
                    return rows;
                },
                cancellationToken);
        }
        catch (StoreException late) when (PostgreSqlErrors.IsTooLong(late.InnerException))
        {
            return null;
        }
    }

    private async Task<long> CountSuspectsAsync(Exchange exchange, long owner, MaintenanceRequest request)
    {
        exchange.Begin();
        exchange.AddScoped(database.Sql.CountSuspects).Bind(owner).Bind(request.SuspectAfter);
        exchange.Commit(writes: false);
        await exchange.SendAsync();
        var suspects = await exchange.ReadOneAsync(static row => row.GetInt64(0));
        await exchange.EndAsync();
        return suspects;
    }

    /// <summary>Waits for locks that others have for a moment, and goes without what a stranger keeps.</summary>
    private async Task ReleaseAsync(Orphans orphans, MaintenanceRequest request, MaintenanceRound round)
    {
        try
        {
            await database.RunAsync(exchange => ReleaseAsync(
                exchange, orphans, Page(exchange, database.Sql.LockOrphans, orphans, round), request, round));
        }
        catch (StoreException blocked) when (blocked.Blocked && database.SkipsLockedRows)
        {
            await database.RunAsync(exchange => ReleaseAsync(
                exchange, orphans, Page(exchange, database.Sql.LockFreeOrphans, orphans, round), request, round));
        }
        catch (StoreException blocked) when (blocked.Blocked)
        {
            await ReleaseInPartsAsync(orphans, request, round);
        }
    }

    /// <summary>
    /// Where locked rows cannot be passed over: halves what is behind a lock until it stands alone, with short waits.
    /// </summary>
    /// <remarks>
    /// It begins anywhere, so that everything has its turn in the end also where more is held than one round can find.
    /// </remarks>
    private async Task ReleaseInPartsAsync(Orphans orphans, MaintenanceRequest request, MaintenanceRound round)
    {
        var all = await database.RunAsync(async exchange =>
        {
            exchange.Begin();
            Page(exchange, database.Sql.ReadOrphans, orphans, round)();
            exchange.Commit(writes: false);
            await exchange.SendAsync();
            var ids = await exchange.ReadAsync(static row => Database.Rows.Id(row, 0));
            await exchange.EndAsync();
            return ids;
        });
        var first = Random.Shared.Next(all.Count + 1);
        var parts = new Stack<List<ExecutionId>>([[.. all.Skip(first), .. all.Take(first)]]);
        for (var waits = 0; waits < MostShortWaits && parts.TryPop(out var part);)
        {
            try
            {
                await database.RunAsync(exchange =>
                {
                    exchange.LockWait = ShortWait;
                    return ReleaseAsync(
                        exchange,
                        orphans,
                        () => exchange.AddScoped(database.Sql.LockOrphansOf).Bind(orphans.Owner)
                            .BindIds(part, static id => id),
                        request,
                        round);
                });
            }
            catch (StoreException blocked) when (blocked.Blocked)
            {
                waits++;
                if (part.Count > 1)
                {
                    parts.Push(part[(part.Count / 2)..]);
                    parts.Push(part[..(part.Count / 2)]);
                }
            }
        }
    }

    private static Action Page(Exchange exchange, string statement, Orphans orphans, MaintenanceRound round) =>
        () => exchange.AddScoped(statement)
            .Bind(orphans.Owner).Bind(Math.Max(round.Left, orphans.Suspects));

    /// <summary>Deletes expired sessions, if the one that asks may judge.</summary>
    /// <returns>Their workers.</returns>
    private async Task<Dictionary<long, string>> BuryAsync(Exchange exchange, MaintenanceRequest request)
    {
        exchange.Begin();
        exchange.AddTimed(database.Sql.DeleteExpiredSessions).Bind(request.Session.Value);
        exchange.Commit();
        await exchange.SendAsync();
        var workers = await exchange.ReadAsync(static row => (Owner: row.GetInt64(0), Worker: row.GetString(1)));
        await exchange.EndAsync();
        return workers.ToDictionary(static session => session.Owner, static session => session.Worker);
    }

    private async Task<bool> ReleaseAsync(
        Exchange exchange, Orphans orphans, Action lockThem, MaintenanceRequest request, MaintenanceRound round)
    {
        exchange.Begin();
        lockThem();
        var image = await ReadLockedAsync(exchange);
        var released = CrashDecision.Releasable(image.Executions, orphans.Suspects, request)
            .Select(execution => (
                execution.Id,
                Quarantined: CrashDecision.Release(execution, orphans.Worker, orphans.Suspects, request, image)))
            .ToList();
        await TransactionWriter.WriteAsync(exchange, image, database, commit: true);
        released.ForEach(one => round.AddReleased(one.Id, one.Quarantined));
        return true;
    }

    /// <summary>Ends at once what has no code in flight, and after a grace what no worker came to tell.</summary>
    private async Task<bool> EndPastDeadlineAsync(
        Exchange exchange, MaintenanceRequest request, MaintenanceRound round)
    {
        exchange.Begin();
        exchange.AddTimed(database.LockPastDeadline)
            .Bind(Rows.Micros(request.DeadlineGrace)).Bind((long)round.Left);
        var image = await ReadLockedAsync(exchange);
        foreach (var execution in image.Executions)
        {
            EndDecision.End(execution, ExecutionState.TimedOut, request.TimeoutFailure, image);
        }

        await TransactionWriter.WriteAsync(exchange, image, database, commit: true);
        image.Executions.ToList().ForEach(execution => round.AddTimedOut(execution.Id));
        return true;
    }

    private async Task<bool> UnblockAsync(Exchange exchange, MaintenanceRequest request, MaintenanceRound round)
    {
        exchange.Begin();
        exchange.AddTimed(database.Unblock)
            .Bind(request.Build).Bind((long)round.Left).Bind(request.Session.Value);
        exchange.Commit();
        await exchange.SendAsync();
        var unblocked = await exchange.ReadAsync(static row => Database.Rows.Id(row, 0));
        await exchange.EndAsync();
        unblocked.ForEach(round.AddUnblocked);
        return true;
    }

    private async Task<MaintenanceAnswer> AnswerAsync(
        Exchange exchange, MaintenanceRequest request, MaintenanceRound round)
    {
        exchange.Begin();
        exchange.AddScoped(database.Sql.ReadNextExpiry).Bind(request.Session.Value);
        exchange.AddNow();
        exchange.Commit(writes: false);
        await exchange.SendAsync();
        var nextExpiry = await exchange.ReadOneAsync(static row => Rows.TimeOrNull(row, 0) ?? Instant.Never);
        var now = await exchange.ReadNowAsync();
        await exchange.EndAsync();
        return round.Answer(now, nextExpiry);
    }

    /// <summary>Sends a statement that locks executions, and reads behind the locks where their journals end.</summary>
    private async Task<TransactionImage> ReadLockedAsync(Exchange exchange)
    {
        exchange.AddNow();
        await exchange.SendAsync();
        var locked = await exchange.ReadAsync(Database.Rows.Stored);
        var image = new TransactionImage(await exchange.ReadNowAsync());
        await exchange.EndAsync();
        locked.ForEach(image.Add);

        var last = image.Executions.Select(static execution => (execution.Id, CommitPlan.LastOnly)).ToList();
        TransactionReader.AddTails(exchange, last, database.Sql);
        await exchange.SendAsync();
        TransactionReader.Note(await exchange.ReadAsync(TransactionReader.Tail), image);
        await exchange.EndAsync();
        return image;
    }

    /// <summary>What is owned without a session, and how many of it are suspects.</summary>
    private sealed record Orphans(long Owner, string Worker, long Suspects);

    /// <summary>What a look may find to do. It is only a hint: the duties judge for themselves.</summary>
    [Flags]
    private enum Duties
    {
        None = 0,
        Sweep = 1,
        Deadlines = 2,
        Unblock = 4,
    }
}
