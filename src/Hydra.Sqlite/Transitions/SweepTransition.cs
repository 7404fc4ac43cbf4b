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
    private readonly Statement _readBuriedWorker = connection.Prepare(SqliteSql.ReadBuriedWorker);
    private readonly Statement _readOrphans = connection.Prepare(SqliteSql.ReadOrphans, @namespace);

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
                Release(session, workers.GetValueOrDefault(owner) ?? BuriedWorker(owner), request, round);
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

    private string BuriedWorker(long owner)
    {
        var worker = _readBuriedWorker.Bind(1, owner).Step() ? _readBuriedWorker.Text(0) : "";
        _readBuriedWorker.Reset();
        return worker;
    }

    private void Release(SessionId dead, string worker, MaintenanceRequest request, MaintenanceRound round)
    {
        _countSuspects.Bind(2, dead.Value).Bind(3, request.SuspectAfter).Step();
        var suspects = _countSuspects.Number(0);
        _countSuspects.Reset();
        var image = new TransactionImage(transitions.Now);
        var page = _readOrphans.Bind(2, dead.Value).Bind(3, Math.Max(round.Left, suspects));
        foreach (var id in Rows.All(page, static row => row.Id(0)))
        {
            transitions.Reader.Add(id, image);
        }

        foreach (var execution in image.Executions)
        {
            transitions.Reader.NoteLast(execution);
        }

        foreach (var execution in CrashDecision.Releasable(image.Executions, suspects, request))
        {
            round.AddReleased(execution.Id, CrashDecision.Release(execution, worker, suspects, request, image));
        }

        transitions.Writer.Write(image);
    }
}
