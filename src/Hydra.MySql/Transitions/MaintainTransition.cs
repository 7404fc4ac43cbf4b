using Hydra.MySql.Connections;
using Hydra.Relational;
using Hydra.Relational.Deciding;
using Hydra.Relational.Reading;
using MySqlConnector;

namespace Hydra.MySql.Transitions;

/// <summary>
/// The duties that any worker does for all, within one limit: sweep, end what is past its deadline, unblock.
/// </summary>
/// <remarks>
/// Mostly there is nothing to do, and a look without a lock finds that out. Whoever finds something does it in pages, a
/// transaction each: it reads without a lock which executions it is about, locks them, and judges again.
/// </remarks>
internal sealed class MaintainTransition(Database database)
{
    private readonly SweepTransition _sweeps = new(database);
    private readonly LookPause _pause = new(database.Clock.Time); // Between looks for strangers.

    public async Task<MaintenanceAnswer> MaintainAsync(
        MaintenanceRequest request, CancellationToken cancellationToken)
    {
        StoreRules.Validate(request);
        var found = await LookAsync(request, cancellationToken);
        if (found is { Sweep: false, Deadlines: false, Unblock: false })
        {
            return new MaintenanceAnswer(found.Now, found.NextExpiry, [], [], [], [], More: false);
        }

        var round = new MaintenanceRound(request.Limit);
        if (found.Sweep)
        {
            await _sweeps.SweepAsync(request, round);
        }

        // What has just been taken back and quarantined may be past its deadline as well.
        if (round.Left > 0 && (found.Deadlines || round.Left < request.Limit))
        {
            await database.RunAsync(exchange => EndPastDeadlineAsync(exchange, request, round), cancellationToken);
        }

        if (round.Left > 0 && found.Unblock)
        {
            await database.RunAsync(exchange => UnblockAsync(exchange, request, round), cancellationToken);
        }

        var after = await LookAsync(request, cancellationToken);
        return round.Answer(after.Now, after.NextExpiry);
    }

    /// <summary>What there may be to do. It is only a hint: the duties judge for themselves.</summary>
    private Task<Found> LookAsync(MaintenanceRequest request, CancellationToken cancellationToken) =>
        database.RunAsync(
            async exchange =>
            {
                exchange.SetNow();
                exchange.AddScoped(database.Sql.ReadDuties)
                    .Bind("@session", request.Session.Value).Bind("@build", request.Build)
                    .Bind("@grace", Rows.Micros(request.DeadlineGrace));
                exchange.AddScoped(database.Sql.ReadExpiries);
                await exchange.SendAsync(cancellationToken);
                var found = await exchange.ReadOneAsync(
                    row => new Found(
                        database.Clock.Observe(row.GetInt64(0)),
                        Instant.Never,
                        Sweep: false,
                        Deadlines: row.GetBoolean(1),
                        Unblock: row.GetBoolean(2)),
                    cancellationToken);
                var sessions = await exchange.ReadAsync(
                    static row => (Id: row.GetInt64(0), ExpiresAt: Rows.Time(row, 1)), cancellationToken);
                await exchange.EndAsync(cancellationToken);

                var next = sessions.Where(session => session.Id != request.Session.Value)
                    .Select(static session => session.ExpiresAt).DefaultIfEmpty(Instant.Never).Min();
                var sweep = next <= found.Now || _sweeps.IsUnfinished || await AreThereStrangersAsync(
                    exchange, sessions.ConvertAll(static session => session.Id), cancellationToken);
                return found with { NextExpiry = next, Sweep = sweep };
            },
            cancellationToken);

    /// <summary>
    /// Whether anything is owned by none of some sessions. Where an old snapshot keeps too much of what dead ones have
    /// owned, that is found out seldom, or when it is over: sessions that expire meanwhile are swept all the same.
    /// </summary>
    private async Task<bool> AreThereStrangersAsync(
        Exchange exchange, List<long> sessions, CancellationToken cancellationToken)
    {
        if (!_pause.IsOver)
        {
            return false;
        }

        var begun = database.Clock.Time.GetTimestamp();
        try
        {
            var stranger = await _sweeps.FindStrangerAsync(exchange, sessions, cancellationToken);
            _pause.Note(begun, succeeded: true);
            return stranger is not null;
        }
        catch (MySqlException late) when (MySqlErrors.IsTooLong(late))
        {
            _pause.Note(begun, succeeded: false);
            return false;
        }
    }

    /// <summary>Ends at once what has no code in flight, and after a grace what no worker came to tell.</summary>
    private async Task<bool> EndPastDeadlineAsync(
        Exchange exchange, MaintenanceRequest request, MaintenanceRound round)
    {
        var grace = Rows.Micros(request.DeadlineGrace);
        exchange.SetNow();
        exchange.AddScoped(database.Sql.ReadPastDeadline).Bind("@grace", grace).Bind("@limit", round.Left);
        var ids = await ReadIdsAsync(exchange);

        exchange.Begin();
        var image = await LockedExecutions.ReadAsync(
            exchange, ids, database.Sql.LockPastDeadline, lockThem => lockThem.Bind("@grace", grace), database);
        foreach (var execution in image.Executions)
        {
            EndDecision.End(execution, ExecutionState.TimedOut, request.TimeoutFailure, image);
        }

        await TransactionWriter.WriteAsync(exchange, image, database);
        image.Executions.ToList().ForEach(execution => round.AddTimedOut(execution.Id));
        return true;
    }

    private async Task<bool> UnblockAsync(Exchange exchange, MaintenanceRequest request, MaintenanceRound round)
    {
        exchange.AddScoped(database.Sql.ReadBlocked)
            .Bind("@session", request.Session.Value).Bind("@build", request.Build).Bind("@limit", round.Left);
        var ids = await ReadIdsAsync(exchange);

        exchange.Begin();
        var image = await LockedExecutions.ReadAsync(
            exchange, ids, database.Sql.LockBlocked, static lockThem => lockThem, database);
        exchange.AddRows(database.Sql.ReadRefused, JsonRows.Of(ids, static id => id)).Bind("@build", request.Build);
        await exchange.SendAsync();
        var refused = await exchange.ReadAsync(static row => Database.Rows.Id(row, 0));
        await exchange.EndAsync();
        var unblocked = image.Executions.Where(execution => !refused.Contains(execution.Id)).ToList();
        foreach (var execution in unblocked)
        {
            execution.Become(execution.Now with
            {
                Row = execution.Now.Row with
                {
                    State = ExecutionState.Pending,
                    BlockedReason = BlockedReason.None,
                    DueAt = image.Now,
                },
            });
        }

        await TransactionWriter.WriteAsync(exchange, image, database);
        unblocked.ForEach(execution => round.AddUnblocked(execution.Id));
        return true;
    }

    private static async Task<List<ExecutionId>> ReadIdsAsync(Exchange exchange)
    {
        await exchange.SendAsync();
        var ids = await exchange.ReadAsync(static row => Database.Rows.Id(row, 0));
        await exchange.EndAsync();
        return ids;
    }

    private sealed record Found(Instant Now, Instant NextExpiry, bool Sweep, bool Deadlines, bool Unblock);
}
