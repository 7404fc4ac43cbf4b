namespace Hydra.Testing;

/// <summary>Works out by reading every row what a store with indices should find, and what holds of all.</summary>
internal sealed class ModelScan(IWorkflowStore store)
{
    private readonly HashSet<(ExecutionId, long)> _settled = [];
    private readonly HashSet<(ExecutionId, long)> _retried = [];

    private static CancellationToken Token => CaseContext.Token;

    /// <summary>Takes down which epochs ended with a retry: rows do not show it.</summary>
    public void Note(StoreOperation operation, OperationAnswer answer)
    {
        // Only the first settlement of an epoch is one, the others merely hear that it has been settled.
        if (operation is AdvanceOperation { Settlement: { } settlement } advance
            && answer.Kind == AnswerKind.Applied
            && _settled.Add((advance.Id, advance.Epoch))
            && settlement is Settlement.Retry)
        {
            _retried.Add((advance.Id, advance.Epoch));
        }
    }

    /// <summary>Forgets what was deleted: the same may be started again, from its first epoch on.</summary>
    public void Forget(ExecutionId id)
    {
        _settled.RemoveWhere(one => one.Item1 == id);
        _retried.RemoveWhere(one => one.Item1 == id);
    }

    public async Task<ExpectedClaim> ExpectAsync(ClaimRequest request, Instant now)
    {
        var build = (await SessionsAsync()).Find(session => session.Id == request.Session)?.Build;
        var known = new List<ExecutionRow>();
        foreach (var row in (await RowsAsync()).Where(MayBeDue))
        {
            var refusals = await store.Queries.ReadRefusalsAsync(row.Id, Token);
            if (request.Workflows.Contains(row.Workflow) && !refusals.Any(refusal => refusal.Build == build))
            {
                known.Add(row);
            }
        }

        var due = known.Where(row => row.DueAt <= now).ToList();
        var taken = new List<ExecutionId>();
        var withSuspects = request.AcceptSuspect;
        var more = false;
        while (due.Where(row => withSuspects || row.BarrenCrashes < 2).ToList() is { Count: > 0 } candidates && !more)
        {
            more = taken.Count >= request.Limit;
            if (!more)
            {
                var byAge = taken.Count < request.OldestFirst;
                var next = candidates.MinBy(row => (byAge ? default : row.Priority, row.DueAt, row.Id))!;
                withSuspects &= next.BarrenCrashes < 2;
                due.Remove(next);
                taken.Add(next.Id);
            }
        }

        var later = known.Where(row => row.DueAt > now).Select(row => row.DueAt).DefaultIfEmpty(Instant.Never).Min();
        var lost = (await SessionsAsync()).TrueForAll(session => session.Id != request.Session);
        return lost ? new ExpectedClaim([], Instant.Never, false) : new ExpectedClaim(taken, later, more);
    }

    public async Task<ExpectedMaintenance> ExpectAsync(MaintenanceRequest request, Instant now)
    {
        var sessions = await SessionsAsync();
        var known = sessions.Find(session => session.Id == request.Session)?.Workflows ?? [];
        var judges = sessions.Exists(caller => caller.Id == request.Session
            && now.Since(caller.LastBeatAt) <= caller.ClaimTimeout / 2
            && now.Since(caller.OnTimeSince) >= caller.HeartbeatInterval * 2);
        var alive = sessions.Where(session => !judges || session.ExpiresAt > now).ToList();
        var (released, timedOut, unblocked) = (
            new List<ExecutionId>(), new List<ExecutionId>(), new List<ExecutionId>());
        foreach (var row in (await RowsAsync()).Where(row => !row.State.IsTerminal()))
        {
            if (row.Owner != SessionId.None)
            {
                released.AddRange(!judges || alive.Exists(session => session.Id == row.Owner) ? [] : [row.Id]);
            }
            else if (await IsPastAsync(row, request.DeadlineGrace, now))
            {
                timedOut.Add(row.Id);
            }
            else if (row.BlockedReason == BlockedReason.Mismatch && known.Contains(row.Workflow)
                && !(await store.Queries.ReadRefusalsAsync(row.Id, Token)).Any(one => one.Build == request.Build))
            {
                unblocked.Add(row.Id);
            }
        }

        var expiry = alive.Where(session => session.Id != request.Session).Select(session => session.ExpiresAt);
        return new ExpectedMaintenance(
            request.Limit,
            released,
            timedOut,
            unblocked,
            expiry.DefaultIfEmpty(Instant.Never).Min(),
            (await RowsAsync()).Count(row => row.Owner != SessionId.None && row.BarrenCrashes >= request.SuspectAfter));
    }

    /// <summary>Checks what must hold of every execution at any time.</summary>
    public static async Task CheckInvariantsAsync(IWorkflowStore store)
    {
        var scan = new ModelScan(store);
        foreach (var row in await scan.RowsAsync())
        {
            var journal = await store.Queries.ReadJournalAsync(row.Id, -1, int.MaxValue, Token);
            var ended = row.State.IsTerminal();
            Check(row, journal.Select(entry => entry.Seq).SequenceEqual(Sequence(journal.Count)), "gap-free");
            Check(row, journal.Zip(journal.Skip(1), (one, next) => one.Epoch <= next.Epoch).All(x => x), "epochs rise");
            Check(row, journal.All(entry => entry.Epoch <= row.Epoch), "no entry of a later epoch");
            Check(row, journal[0].Kind == EntryKind.Input, "input first");
            Check(row, journal.Count(entry => entry.Kind == EntryKind.Terminal) == (ended ? 1 : 0), "one end");
            Check(row, !ended || journal[^1].Kind == EntryKind.Terminal, "end last");
            Check(row, ended == row.FinishedAt is not null, "a time when ended");
            Check(row, (row.Owner != SessionId.None) == (row.State == ExecutionState.Running), "running when owned");
            Check(row, (row.State == ExecutionState.Blocked) == (row.BlockedReason != default), "why when blocked");
            Check(row, row.Owner != SessionId.None || row.LastSeq == journal.Count - 1, "last seq when unowned");
            Check(row, row.Crashes == (await store.Queries.ReadCrashesAsync(row.Id, Token)).Count, "a row per crash");
            Check(row, row.BarrenCrashes <= row.Crashes && row.SoleSuspectCrashes <= row.BarrenCrashes, "counts");
            Check(row, row.SettledEpoch <= row.Epoch, "settled epochs are past");
        }
    }

    private static IEnumerable<long> Sequence(int count) => Enumerable.Range(0, count).Select(static seq => (long)seq);

    private static void Check(ExecutionRow row, bool holds, string invariant)
    {
        if (!holds)
        {
            throw new ModelDifferenceException($"invariant \"{invariant}\" does not hold of {row}");
        }
    }

    private static bool MayBeDue(ExecutionRow row) =>
        row.State is ExecutionState.Pending or ExecutionState.Sleeping or ExecutionState.Waiting;

    private async Task<bool> IsPastAsync(ExecutionRow row, TimeSpan grace, Instant now)
    {
        var journal = await store.Queries.ReadJournalAsync(row.Id, -1, int.MaxValue, Token);
        if (row.Deadline is not { } deadline || journal.Any(entry => entry.Kind == EntryKind.Timeout))
        {
            return false;
        }

        var atOnce = row.StartedAt is null || row.State == ExecutionState.Blocked
            || _retried.Contains((row.Id, row.Epoch));
        return now >= (atOnce ? deadline : Instant.Max(deadline, row.DueAt).Plus(grace));
    }

    private async Task<IReadOnlyList<ExecutionRow>> RowsAsync() =>
        await store.Queries.ListAsync(new ExecutionFilter { Limit = 1000 }, Token);

    private async Task<List<SessionRow>> SessionsAsync() => [.. await store.Queries.ListSessionsAsync(Token)];
}
