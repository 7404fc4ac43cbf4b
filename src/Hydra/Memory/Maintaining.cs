using Hydra.Storage;

namespace Hydra.Memory;

/// <summary>One round of the duties that any worker does for all, within the request's limit.</summary>
internal sealed class Maintaining
{
    private readonly NamespaceTables _tables;
    private readonly MaintenanceRequest _request;
    private readonly Instant _now;
    private readonly List<ExecutionId> _released = [];
    private readonly List<ExecutionId> _quarantined = [];
    private readonly List<ExecutionId> _timedOut = [];
    private readonly List<ExecutionId> _unblocked = [];

    private Maintaining(NamespaceTables tables, MaintenanceRequest request, Instant now)
    {
        _tables = tables;
        _request = request;
        _now = now;
    }

    private int Left => _request.Limit - _released.Count - _timedOut.Count - _unblocked.Count;

    public static MaintenanceAnswer Maintain(NamespaceTables tables, MaintenanceRequest request, Instant now)
    {
        StoreRules.Validate(request);
        var round = new Maintaining(tables, request, now);
        round.Sweep();
        round.EndPast(tables.Deadlines, now);
        round.EndPast(tables.HeardDeadlines, now.Plus(-request.DeadlineGrace));
        round.Unblock();
        return round.Answer();
    }

    private MaintenanceAnswer Answer()
    {
        var nextExpiry = Instant.Never;
        foreach (var session in _tables.Sessions.Values)
        {
            nextExpiry = session.Id == _request.Session ? nextExpiry : Instant.Min(nextExpiry, session.ExpiresAt);
        }

        return new MaintenanceAnswer(
            _now, nextExpiry, _released, _quarantined, _timedOut, _unblocked, More: Left <= 0);
    }

    /// <summary>Deletes expired sessions, then releases what no living session owns.</summary>
    /// <remarks>
    /// The suspects of a session come first and together, whatever the limit: a later page would take the last of
    /// several for the only one.
    /// </remarks>
    private void Sweep()
    {
        if (!MayJudge())
        {
            return;
        }

        var dead = DeleteExpired();
        foreach (var owner in _tables.Owners.Where(owner => !_tables.Sessions.ContainsKey(owner.Value)).ToList())
        {
            if (Left <= 0)
            {
                return;
            }

            var owned = _tables.OwnedBy(owner);
            var suspects = owned.Count(IsSuspect);
            var worker = dead.TryGetValue(owner.Value, out var session) ? session.Worker : _tables.WorkerOf(owner);
            var page = owned.OrderBy(execution => !IsSuspect(execution)).ThenBy(static execution => execution.Id)
                .Take(Math.Max(Left, suspects)).ToList();
            page.ForEach(execution => Release(execution, worker, isSole: suspects == 1 && IsSuspect(execution)));
        }
    }

    /// <summary>Whether an owned execution is under suspicion. Any progress since its last crash clears it.</summary>
    private bool IsSuspect(StoredExecution execution) =>
        execution.Row.BarrenCrashes >= _request.SuspectAfter && execution.LastSeq <= execution.CrashSeq;

    /// <summary>Whether the caller is on time itself: an outage or a jump of the clock is nobody's death.</summary>
    private bool MayJudge() => _tables.Sessions.TryGetValue(_request.Session.Value, out var caller)
        && _now.Since(caller.LastBeatAt) <= caller.ClaimTimeout / 2
        && _now.Since(caller.OnTimeSince) >= caller.HeartbeatInterval * 2;

    private SortedDictionary<long, SessionRow> DeleteExpired()
    {
        var dead = new SortedDictionary<long, SessionRow>();
        foreach (var session in _tables.Sessions.Values.Where(session => session.ExpiresAt <= _now))
        {
            dead.Add(session.Id.Value, session);
        }

        foreach (var session in dead.Keys)
        {
            _tables.Sessions.Remove(session);
        }

        return dead;
    }

    /// <param name="execution">An execution whose owner is no more.</param>
    /// <param name="worker">The name of its worker, where it is known.</param>
    /// <param name="isSole">Whether it was the only suspect of its owner.</param>
    private void Release(StoredExecution execution, string worker, bool isSole)
    {
        var row = execution.Row;
        var progressed = execution.LastSeq > execution.CrashSeq;
        var barren = progressed ? 1 : row.BarrenCrashes + 1;
        var sole = progressed ? 0 : row.SoleSuspectCrashes + (isSole ? 1 : 0);
        var quarantined = sole >= _request.QuarantineAfter;
        _tables.Touch(execution);
        execution.CrashSeq = execution.LastSeq;
        execution.Crashes = execution.Crashes.Add(new CrashRow(row.Epoch, row.Owner, worker, _now));
        _tables.Update(execution, row with
        {
            State = quarantined ? ExecutionState.Blocked : ExecutionState.Pending,
            BlockedReason = quarantined ? BlockedReason.Quarantined : BlockedReason.None,
            Owner = SessionId.None,
            Epoch = row.Epoch + 1,
            DueAt = quarantined ? Instant.Never : execution.DueAt(_now.Plus(Delay(barren)), _now),
            LastSeq = execution.LastSeq,
            Crashes = row.Crashes + 1,
            BarrenCrashes = barren,
            SoleSuspectCrashes = sole,
        });
        _released.Add(execution.Id);
        if (quarantined)
        {
            _quarantined.Add(execution.Id);
        }
    }

    private TimeSpan Delay(int barren)
    {
        if (barren < _request.SuspectAfter)
        {
            return TimeSpan.Zero;
        }

        var factor = 1L << Math.Min(barren - _request.SuspectAfter, 40);
        return _request.SuspectDelay > _request.MaxSuspectDelay / factor
            ? _request.MaxSuspectDelay
            : _request.SuspectDelay * factor;
    }

    private void EndPast(SortedSet<TimeKey> deadlines, Instant moment)
    {
        while (Left > 0 && deadlines.Count > 0 && deadlines.Min is var first && first.At <= moment)
        {
            var execution = _tables.Get(first.Id);
            Settling.End(_tables, execution, ExecutionState.TimedOut, _request.TimeoutFailure, _now);
            _timedOut.Add(first.Id);
        }
    }

    /// <summary>Makes due what other builds have refused, and this one, which knows the workflow, has not.</summary>
    private void Unblock()
    {
        var known = _tables.Sessions.GetValueOrDefault(_request.Session.Value)?.Workflows ?? [];
        var untried = _tables.Mismatched
            .Select(_tables.Get)
            .Where(execution => known.Contains(execution.Row.Workflow) && !execution.IsRefusedBy(_request.Build))
            .Take(Math.Max(0, Left));
        foreach (var execution in untried.ToList())
        {
            _tables.Update(execution, execution.Row with
            {
                State = ExecutionState.Pending,
                BlockedReason = BlockedReason.None,
                DueAt = _now,
            });
            _unblocked.Add(execution.Id);
        }
    }
}
