using Hydra.Storage;

namespace Hydra.Memory;

/// <summary>Makes due executions a session's own: the oldest few by age alone, the rest by priority first.</summary>
internal static class Claiming
{
    public static ClaimAnswer Claim(NamespaceTables tables, ClaimRequest request, Instant now)
    {
        if (!tables.Sessions.TryGetValue(request.Session.Value, out var session))
        {
            return new ClaimAnswer(now, SessionLost: true, [], Instant.Never, More: false);
        }

        var due = tables.Due.Of(request.Workflows, id => !tables.Get(id).IsRefusedBy(session.Build));
        var claimed = new List<ClaimedExecution>();
        var withSuspects = request.AcceptSuspect;
        var bytes = 0L;
        var more = false;
        while (due.First(now, byAge: claimed.Count < request.OldestFirst, withSuspects) is { } next)
        {
            if (claimed.Count >= request.Limit)
            {
                more = true;
                break;
            }

            var execution = tables.Get(next.Id);
            var entries = execution.EntriesAfter(request.CachedThrough(next.Id));
            bytes += entries.Sum(static entry => (long)entry.Size);
            if (claimed.Count > 0 && bytes > request.MaxJournalBytes)
            {
                more = true;
                break;
            }

            withSuspects &= !execution.IsSuspect;
            Own(tables, execution, request.Session, now);
            claimed.Add(new ClaimedExecution(execution.Row, entries, Tried(execution)));
        }

        return new ClaimAnswer(now, SessionLost: false, claimed, due.NextDue(now), more);
    }

    private static TriedStep[] Tried(StoredExecution execution) =>
    [
        .. execution.Tries.Values
            .Where(row => row.Phase is TryPhase.Failed or TryPhase.BegunOnce or TryPhase.NotBegun || row.IsResult())
            .GroupBy(row => row.Key, StringComparer.Ordinal)
            .Select(rows =>
            {
                var last = rows.MaxBy(row => (row.Attempt, row.Epoch, row.Phase))!;
                var failed = rows.Count(
                    row => row.Phase == TryPhase.Failed && row.ExecutionAttempt == last.ExecutionAttempt);
                var retryAt = last.Epoch > execution.RetryEpoch ? last.RetryAt : null;
                return new TriedStep(
                    last.Key,
                    last.Attempt - (last.Phase == TryPhase.NotBegun ? 1 : 0),
                    last.ExecutionAttempt,
                    failed,
                    retryAt,
                    last.Phase == TryPhase.BegunOnce,
                    last.Phase == TryPhase.Landed);
            })
            .OrderBy(tried => tried.Key, StringComparer.Ordinal),
    ];

    private static void Own(NamespaceTables tables, StoredExecution execution, SessionId session, Instant now)
    {
        var row = execution.Row;
        tables.Update(execution, row with
        {
            State = ExecutionState.Running,
            Owner = session,
            Epoch = row.Epoch + 1,
            StartedAt = row.StartedAt ?? now,
        });
    }
}
