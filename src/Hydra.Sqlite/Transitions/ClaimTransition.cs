using Hydra.Sqlite.Connections;
using Hydra.Sqlite.Reading;

namespace Hydra.Sqlite.Transitions;

/// <summary>Makes due executions a session's own and reads their journals.</summary>
internal sealed class ClaimTransition(Connection connection, string @namespace, WriteTransitions transitions)
{
    private readonly Statement _take = connection.Prepare(SqliteSql.Take, @namespace);
    private readonly DueReader _due = new(connection, @namespace);

    public ClaimAnswer Claim(ClaimRequest request)
    {
        if (!transitions.Sessions.Exists(request.Session))
        {
            return new ClaimAnswer(transitions.Now, SessionLost: true, [], Instant.Never, More: false);
        }

        var (chosen, more) = _due.Choose(request, transitions.Now);
        var claimed = new List<ClaimedExecution>(chosen.Count);
        var bytes = 0L;
        foreach (var due in chosen)
        {
            if (claimed.Count > 0 && bytes >= request.MaxJournalBytes)
            {
                more = true;
                break;
            }

            var execution = Take(due.Id, request);
            claimed.Add(execution);
            bytes += SizeOf(execution);
        }

        var (_, nextDue) = _due.ReadNext(request, transitions.Now);
        return new ClaimAnswer(transitions.Now, SessionLost: false, claimed, nextDue, more);
    }

    private ClaimedExecution Take(ExecutionId id, ClaimRequest request)
    {
        var key = new ExecutionKey(id);
        key.Bind(_take).Bind(4, request.Session.Value).Bind(5, transitions.Now.Micros);
        var row = Rows.FirstOrNull(_take, Rows.Execution) ?? throw new StoreException(
            StoreErrorKind.Deterministic, $"Execution {id} was due and yet could not be claimed.");
        var entries = transitions.Journal.Read(key, request.CachedThrough(id));
        return new ClaimedExecution(row, entries, transitions.Journal.ReadTries(key));
    }

    private static long SizeOf(ClaimedExecution execution)
    {
        var size = 0L;
        foreach (var entry in execution.Entries)
        {
            size += entry.Size;
        }

        foreach (var stepTry in execution.Tries)
        {
            size += stepTry.Size;
        }

        return size;
    }
}
