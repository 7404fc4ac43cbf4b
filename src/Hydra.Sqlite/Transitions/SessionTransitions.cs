using System.Text.Json;
using Hydra.Sqlite.Connections;
using Hydra.Sqlite.Reading;

namespace Hydra.Sqlite.Transitions;

/// <summary>
/// The lives of worker sessions: opened, kept alive by beats, closed. Their deaths are the sweep's business.
/// </summary>
internal sealed class SessionTransitions(Connection connection, string @namespace, WriteTransitions transitions)
{
    private readonly Statement _open = connection.Prepare(SqliteSql.OpenSession, @namespace);
    private readonly Statement _bringBack = connection.Prepare(SqliteSql.BringBack);
    private readonly Statement _beat = connection.Prepare(SqliteSql.Beat, @namespace);
    private readonly Statement _exists = connection.Prepare(SqliteSql.SessionExists, @namespace);
    private readonly Statement _delete = connection.Prepare(SqliteSql.DeleteSession, @namespace);
    private readonly Statement _readOwned = connection.Prepare(SqliteSql.ReadOwned, @namespace);
    private readonly Statement _readNumbers = connection.Prepare(SqliteSql.ReadOwnedNumbers, @namespace);
    private readonly Statement _handBack = connection.Prepare(SqliteSql.HandBack, @namespace);

    public Instant Open(SessionRow session)
    {
        StoreRules.Validate(session);
        _open.Bind(2, session.Id.Value)
            .Bind(3, session.Worker)
            .Bind(4, session.Build)
            .Bind(5, session.Host)
            .Bind(6, JsonSerializer.Serialize(session.Workflows, NamesJson.Default.IReadOnlyListString))
            .Bind(7, session.Concurrency)
            .Bind(8, Rows.Micros(session.HeartbeatInterval))
            .Bind(9, transitions.Now.Micros)
            .Bind(10, Rows.Micros(session.ClaimTimeout))
            .Run();
        return transitions.Now;
    }

    public HeartbeatAnswer Beat(SessionId session)
    {
        var lost = _beat.Bind(2, session.Value).Bind(3, transitions.Now.Micros).Run() == 0;
        return new HeartbeatAnswer(transitions.Now, lost, lost ? [] : ReadOwned(session));
    }

    /// <summary>Removes the session; what it still owns is due at once and nothing counts as a crash.</summary>
    public Instant Close(SessionId session)
    {
        _delete.Bind(2, session.Value).Run();
        foreach (var number in Rows.All(_readNumbers.Bind(2, session.Value), static row => row.Number(0)))
        {
            _handBack.Bind(2, number).Bind(3, session.Value).Bind(4, transitions.Now.Micros).Run();
        }

        return transitions.Now;
    }

    /// <summary>Lets the leases of sessions run from now, unless they have beaten since they were seen.</summary>
    public int BringBack(IReadOnlyList<AheadSession> sessions)
    {
        var changed = 0;
        foreach (var session in sessions)
        {
            changed += _bringBack.Bind(1, session.Namespace)
                .Bind(2, session.Id)
                .Bind(3, session.LastBeatAt.Micros)
                .Bind(4, transitions.Now.Micros)
                .Run();
        }

        return changed;
    }

    public bool Exists(SessionId session)
    {
        var exists = _exists.Bind(2, session.Value).Step();
        _exists.Reset();
        return exists;
    }

    private List<OwnedExecution> ReadOwned(SessionId session) => Rows.All(
        _readOwned.Bind(2, session.Value),
        static row => new OwnedExecution(row.Id(0), row.Number(1), row.Number(2), (ExecutionRequests)row.Int(3)));
}
