using Hydra.Sqlite.Connections;

namespace Hydra.Sqlite.Transitions;

/// <summary>Finds whether maintenance has anything to do, without the write lock.</summary>
/// <remarks>What it finds is only a hint: the duties judge for themselves, under the lock.</remarks>
internal sealed class DutyReader(Connection connection, string @namespace)
{
    private readonly Statement _readNextExpiry = connection.Prepare(SqliteSql.ReadNextExpiry, @namespace);
    private readonly Statement _readNextOwner = connection.Prepare(SqliteSql.ReadNextOwner, @namespace);
    private readonly Statement _sessionExists = connection.Prepare(SqliteSql.SessionExists, @namespace);
    private readonly Statement _readPastDeadline = connection.Prepare(SqliteSql.ReadPastDeadline, @namespace);
    private readonly Statement _readBlocked = connection.Prepare(SqliteSql.ReadBlockedForOthers, @namespace);

    public (Duties Duties, Instant NextExpiry) Find(MaintenanceRequest request, Instant now)
    {
        _readNextExpiry.Bind(2, request.Session.Value).Step();
        var nextExpiry = _readNextExpiry.InstantOrNull(0) ?? Instant.Never;
        _readNextExpiry.Reset();

        // What a sweep quarantines may be past its deadline: it ends in the same round.
        var duties = nextExpiry <= now || AnyOrphan() ? Duties.Sweep | Duties.Deadlines : Duties.None;
        _readPastDeadline.Bind(2, now.Micros).Bind(3, now.Plus(-request.DeadlineGrace).Micros).Bind(4, 1);
        duties |= Any(_readPastDeadline) ? Duties.Deadlines : Duties.None;
        _readBlocked.Bind(2, request.Build).Bind(3, 1).Bind(4, request.Session.Value);
        duties |= Any(_readBlocked) ? Duties.Unblock : Duties.None;
        return (duties, nextExpiry);
    }

    private bool AnyOrphan()
    {
        for (var owner = NextOwner(0); owner != 0; owner = NextOwner(owner))
        {
            if (!Any(_sessionExists.Bind(2, owner)))
            {
                return true;
            }
        }

        return false;
    }

    private long NextOwner(long after)
    {
        var owner = _readNextOwner.Bind(2, after).Step() ? _readNextOwner.Number(0) : 0;
        _readNextOwner.Reset();
        return owner;
    }

    private static bool Any(Statement statement)
    {
        var any = statement.Step();
        statement.Reset();
        return any;
    }
}
