namespace Hydra.Relational.Deciding;

/// <summary>Takes an execution back from a dead session, and counts the crash against it.</summary>
internal static class CrashDecision
{
    /// <summary>What of a dead session's executions one transaction may release.</summary>
    /// <remarks>
    /// Suspects are released together or not at all: without those that somebody else holds just then, or that a page
    /// has left out, the next look would take the last of several for the only one.
    /// </remarks>
    /// <param name="held">What the transaction has locked, with where the journals end.</param>
    /// <param name="suspects">How many suspects the session owned before; no more are added to what is dead.</param>
    /// <param name="request">The numbers that decide.</param>
    public static List<ExecutionImage> Releasable(
        IEnumerable<ExecutionImage> held, long suspects, MaintenanceRequest request)
    {
        var all = held.ToList();
        return all.Count(execution => IsSuspect(execution, request)) >= suspects
            ? all
            : all.FindAll(execution => !IsSuspect(execution, request));
    }

    /// <returns>Whether it is quarantined from now on.</returns>
    /// <param name="execution">The execution, owned by the dead session.</param>
    /// <param name="worker">The configured name of the dead session's worker, if it is known.</param>
    /// <param name="suspects">How many suspects the dead session owned: only a sole one is judged in earnest.</param>
    /// <param name="request">The numbers that decide.</param>
    /// <param name="image">The transaction.</param>
    public static bool Release(
        ExecutionImage execution, string worker, long suspects, MaintenanceRequest request, TransactionImage image)
    {
        var row = execution.Now.Row;
        var lastSeq = execution.Tail.LastSeq;
        var progressed = lastSeq > execution.Now.CrashSeq;
        var barren = progressed ? 1 : row.BarrenCrashes + 1;
        var soleSuspect = suspects == 1 && IsSuspect(execution, request);
        var sole = progressed ? 0 : row.SoleSuspectCrashes + (soleSuspect ? 1 : 0);
        var quarantined = sole >= request.QuarantineAfter;
        var delay = barren < request.SuspectAfter ? TimeSpan.Zero : Delay(barren - request.SuspectAfter, request);

        image.Writes.Crashes.Add((row.Id, new CrashRow(row.Epoch, row.Owner, worker, image.Now)));
        execution.Become(execution.Now with
        {
            Row = row with
            {
                State = quarantined ? ExecutionState.Blocked : ExecutionState.Pending,
                DueAt = quarantined ? Instant.Never : execution.Now.DueAt(image.Now, image.Now.Plus(delay)),
                LastSeq = lastSeq,
                BarrenCrashes = barren,
                SoleSuspectCrashes = sole,
                BlockedReason = quarantined ? BlockedReason.Quarantined : BlockedReason.None,
                Crashes = row.Crashes + 1,
                Epoch = row.Epoch + 1,
                Owner = SessionId.None,
            },
            CrashSeq = lastSeq,
        });
        return quarantined;
    }

    private static bool IsSuspect(ExecutionImage execution, MaintenanceRequest request) =>
        execution.Now.Row.BarrenCrashes >= request.SuspectAfter && execution.Tail.LastSeq <= execution.Now.CrashSeq;

    private static TimeSpan Delay(int doublings, MaintenanceRequest request)
    {
        var ticks = request.SuspectDelay.Ticks * Math.Pow(2, Math.Min(doublings, 62));
        return ticks < request.MaxSuspectDelay.Ticks ? TimeSpan.FromTicks((long)ticks) : request.MaxSuspectDelay;
    }
}
