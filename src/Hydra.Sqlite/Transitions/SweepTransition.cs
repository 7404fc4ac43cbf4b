using Hydra.Sqlite.Connections;
using Hydra.Sqlite.Reading;

namespace Hydra.Sqlite.Transitions;

/// <summary>Buries dead sessions and takes back what they own.</summary>
/// <remarks>
/// Sessions are deleted first, and what is released afterwards is judged by its owner having no row. So a claim that
/// committed after its session was buried, and what is left when the limit was reached, are found in the same way.
/// </remarks>
internal sealed class SweepTransition(Connection connection, string @namespace, WriteTransitions transitions)
{
    private readonly Statement _readPunctuality = connection.Prepare(SqliteSql.ReadPunctuality, @namespace);
    private readonly Statement _deleteExpired = connection.Prepare(SqliteSql.DeleteExpiredSessions, @namespace);
    private readonly Statement _readNextOwner = connection.Prepare(SqliteSql.ReadNextOwner, @namespace);
    private readonly Statement _countSuspects = connection.Prepare(SqliteSql.CountSuspects, @namespace);
    private readonly Statement _readOrphans = connection.Prepare(SqliteSql.ReadOrphans, @namespace);
    private readonly Statement _release = connection.Prepare(SqliteSql.ReleaseCrashed, @namespace);
    private readonly Statement _insertCrash = connection.Prepare(SqliteSql.InsertCrash);

    public void Sweep(MaintenanceRequest request, MaintenanceRound round)
    {
        // An outage or a jump of the clock makes everybody look dead to whoever slept through it.
        if (!IsPunctual(request.Session))
        {
            return;
        }

        var workers = DeleteExpiredSessions(request.Session);
        for (var owner = NextOwner(0); owner != 0 && round.Left > 0; owner = NextOwner(owner))
        {
            var session = new SessionId(owner);
            if (!transitions.Sessions.Exists(session))
            {
                Release(session, workers.GetValueOrDefault(owner, ""), request, round);
            }
        }
    }

    private bool IsPunctual(SessionId session)
    {
        var punctual = false;
        if (_readPunctuality.Bind(2, session.Value).Step())
        {
            var now = transitions.Now.Micros;
            var (lastBeat, onTimeSince) = (_readPunctuality.Number(0), _readPunctuality.Number(1));
            var (interval, claimTimeout) = (_readPunctuality.Number(2), _readPunctuality.Number(3));
            punctual = lastBeat <= now && (now - lastBeat) * 2 <= claimTimeout && now - onTimeSince >= 2 * interval;
        }

        _readPunctuality.Reset();
        return punctual;
    }

    private Dictionary<long, string> DeleteExpiredSessions(SessionId caller)
    {
        var workers = new Dictionary<long, string>();
        _deleteExpired.Bind(2, caller.Value).Bind(3, transitions.Now.Micros);
        while (_deleteExpired.Step())
        {
            workers[_deleteExpired.Number(0)] = _deleteExpired.Text(1);
        }

        return workers;
    }

    private long NextOwner(long after)
    {
        var owner = _readNextOwner.Bind(2, after).Step() ? _readNextOwner.Number(0) : 0;
        _readNextOwner.Reset();
        return owner;
    }

    private void Release(SessionId dead, string worker, MaintenanceRequest request, MaintenanceRound round)
    {
        _countSuspects.Bind(2, dead.Value).Bind(3, request.SuspectAfter).Step();
        var suspects = _countSuspects.Number(0);
        _countSuspects.Reset();
        var orphans = Rows.All(_readOrphans.Bind(2, dead.Value).Bind(3, round.Left), static row => row.Id(0));
        foreach (var id in orphans)
        {
            var fence = transitions.Fence.Read(id)!.Value;
            var crash = Judge(fence, transitions.Journal.LastSeq(fence.Number), suspects, request);
            Write(fence, crash);
            _insertCrash.Bind(1, fence.Number)
                .Bind(2, fence.Epoch).Bind(3, dead.Value).Bind(4, worker).Bind(5, transitions.Now.Micros).Run();
            round.AddReleased(id, crash.Quarantined);
        }
    }

    /// <summary>Counts the crash against the execution, and only against a sole suspect in earnest.</summary>
    private Crash Judge(in Fence fence, long lastSeq, long suspects, MaintenanceRequest request)
    {
        var progressed = lastSeq > fence.CrashSeq;
        var barren = progressed ? 1 : fence.BarrenCrashes + 1;
        var soleSuspect = !progressed && fence.BarrenCrashes >= request.SuspectAfter && suspects == 1;
        var sole = progressed ? 0 : fence.SoleSuspectCrashes + (soleSuspect ? 1 : 0);
        if (sole >= request.QuarantineAfter)
        {
            return new Crash(lastSeq, barren, sole, Instant.Never, Quarantined: true);
        }

        var delay = barren < request.SuspectAfter ? TimeSpan.Zero : Delay(barren - request.SuspectAfter, request);
        var dueAt = transitions.DueAt(transitions.Now.Plus(delay), fence.OpenDeadline);
        return new Crash(lastSeq, barren, sole, dueAt, Quarantined: false);
    }

    private static TimeSpan Delay(int doublings, MaintenanceRequest request)
    {
        var ticks = request.SuspectDelay.Ticks * Math.Pow(2, Math.Min(doublings, 62));
        return ticks < request.MaxSuspectDelay.Ticks ? TimeSpan.FromTicks((long)ticks) : request.MaxSuspectDelay;
    }

    private void Write(in Fence fence, in Crash crash)
    {
        var changed = _release.Bind(2, fence.Number)
            .Bind(3, fence.Epoch)
            .Bind(4, fence.Owner.Value)
            .Bind(5, (long)(crash.Quarantined ? ExecutionState.Blocked : ExecutionState.Pending))
            .Bind(6, crash.DueAt.Micros)
            .Bind(7, crash.LastSeq)
            .Bind(8, crash.Barren)
            .Bind(9, crash.Sole)
            .Bind(10, (long)(crash.Quarantined ? BlockedReason.Quarantined : BlockedReason.None))
            .Run();
        if (changed != 1)
        {
            throw new StoreException(
                StoreErrorKind.Deterministic, $"What session {fence.Owner} owned could not be taken back.");
        }
    }

    private readonly record struct Crash(long LastSeq, int Barren, int Sole, Instant DueAt, bool Quarantined);
}
