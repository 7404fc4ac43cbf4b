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

            var execution = Take(due.Number, request);
            claimed.Add(execution);
            bytes += SizeOf(execution);
        }

        var nextDue = _due.ReadNext(request, transitions.Now);
        return new ClaimAnswer(transitions.Now, SessionLost: false, claimed, nextDue, more);
    }

    private ClaimedExecution Take(long number, ClaimRequest request)
    {
        _take.Bind(2, number).Bind(3, request.Session.Value).Bind(4, transitions.Now.Micros);
        var row = Rows.FirstOrNull(_take, Rows.Execution) ?? throw new StoreException(
            StoreErrorKind.Deterministic, $"An execution (number {number}) was due and yet could not be claimed.");
        var entries = transitions.Journal.Read(number, request.CachedThrough(row.Id));
        return new ClaimedExecution(row, entries, transitions.Journal.ReadTried(number));
    }

    private static long SizeOf(ClaimedExecution execution)
    {
        var size = 0L;
        foreach (var entry in execution.Entries)
        {
            size += entry.Size;
        }

        return size;
    }
}
