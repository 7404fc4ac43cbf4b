using Hydra.Sqlite.Connections;
using Hydra.Sqlite.Reading;

namespace Hydra.Sqlite.Transitions;

/// <summary>
/// The duties that any worker does for all, within one limit: sweep, end what is past its deadline, unblock.
/// </summary>
internal sealed class MaintainTransition(Connection connection, string @namespace, WriteTransitions transitions)
{
    private readonly Statement _readPastDeadline = connection.Prepare(SqliteSql.ReadPastDeadline, @namespace);
    private readonly Statement _readBlocked = connection.Prepare(SqliteSql.ReadBlockedForOthers, @namespace);
    private readonly Statement _unblock = connection.Prepare(SqliteSql.Unblock, @namespace);
    private readonly Statement _readNextExpiry = connection.Prepare(SqliteSql.ReadNextExpiry, @namespace);

    public MaintenanceAnswer Maintain(MaintenanceRequest request, Duties duties)
    {
        var round = new MaintenanceRound(request.Limit);
        if (duties.HasFlag(Duties.Sweep))
        {
            transitions.Sweeps.Sweep(request, round);
        }

        if (duties.HasFlag(Duties.Deadlines))
        {
            EndPastDeadline(request, round);
        }

        if (duties.HasFlag(Duties.Unblock))
        {
            Unblock(request, round);
        }

        _readNextExpiry.Bind(2, request.Session.Value).Step();
        var nextExpiry = _readNextExpiry.InstantOrNull(0) ?? Instant.Never;
        _readNextExpiry.Reset();
        return round.Answer(transitions.Now, nextExpiry);
    }

    /// <summary>Ends at once what has no code in flight, and after a grace what no worker came to tell.</summary>
    private void EndPastDeadline(MaintenanceRequest request, MaintenanceRound round)
    {
        var now = transitions.Now;
        _readPastDeadline
            .Bind(2, now.Micros).Bind(3, now.Plus(-request.DeadlineGrace).Micros).Bind(4, Math.Max(round.Left, 0));
        var image = new TransactionImage(now);
        foreach (var id in Rows.All(_readPastDeadline, static row => row.Id(0)))
        {
            transitions.Reader.Add(id, image);
        }

        foreach (var execution in image.Executions)
        {
            transitions.Reader.NoteLast(execution);
            EndDecision.End(execution, ExecutionState.TimedOut, request.TimeoutFailure, image);
            round.AddTimedOut(execution.Id);
        }

        transitions.Writer.Write(image);
    }

    private void Unblock(MaintenanceRequest request, MaintenanceRound round)
    {
        _readBlocked.Bind(2, request.Build).Bind(3, Math.Max(round.Left, 0)).Bind(4, request.Session.Value);
        foreach (var (number, id) in Rows.All(_readBlocked, static row => (row.Number(0), row.Id(1))))
        {
            _unblock.Bind(2, number).Bind(3, transitions.Now.Micros).Run();
            round.AddUnblocked(id);
        }
    }
}
