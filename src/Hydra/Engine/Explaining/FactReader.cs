using Hydra.Storage;

namespace Hydra.Engine.Explaining;

/// <summary>Reads what explains an execution through the queries that every store has.</summary>
/// <remarks>
/// The reads are not of one moment, so the row is read again at the end, and all of it again when the row has changed.
/// What can be long is read in pages and only as far as it matters. What the user of the database may not read is left
/// out: who explains may be somebody who sees no inputs.
/// </remarks>
internal sealed class FactReader(IWorkflowQueries queries, string @namespace)
{
    private const int MostLooks = 4;
    private const int Page = 1_000;
    private const int MostPages = 50; // As many entries as a journal may have.

    private bool _isPartial;

    /// <returns>Null when there is no such execution.</returns>
    public async Task<Facts?> ReadAsync(ExecutionId id, CancellationToken cancellationToken)
    {
        Facts? facts = null;
        for (var look = 0; look < MostLooks; look++)
        {
            var row = await queries.FindAsync(id, cancellationToken);
            if (row is null || row == facts?.Row)
            {
                return row is null ? null : facts;
            }

            facts = await ReadAsync(row, cancellationToken) with { IsPartial = _isPartial };
        }

        return facts; // It changes faster than it can be read: then it runs well.
    }

    private async Task<Facts> ReadAsync(ExecutionRow row, CancellationToken cancellationToken)
    {
        var now = await queries.NowAsync(cancellationToken);
        var facts = new Facts
        {
            Namespace = @namespace,
            Now = now,
            Row = row,
            Sessions = await queries.ListSessionsAsync(cancellationToken),
            Crashes = row.Crashes > 0 ? await queries.ReadCrashesAsync(row.Id, cancellationToken) : [],
        };
        return row.State switch
        {
            ExecutionState.Running => facts with { Tries = await ReadRunningAsync(row, cancellationToken) },
            ExecutionState.Sleeping or ExecutionState.Waiting when row.DueAt > now =>
                facts with { Tries = await ReadTriesAsync(row.Id, cancellationToken) },
            ExecutionState.Blocked => facts with
            {
                Refusals = await ReadRefusalsAsync(row.Id, cancellationToken),
                Tries = row.BlockedReason == BlockedReason.Quarantined
                    ? await ReadCrashedAsync(facts, cancellationToken)
                    : [],
            },
            _ when row.State.IsTerminal() || row.DueAt > now => facts with
            {
                LastEntry = await ReadLastAsync(row, cancellationToken),
            },
            _ => facts with
            {
                LastEntry = await ReadLastAsync(row, cancellationToken),
                Tries = row.State is ExecutionState.Sleeping or ExecutionState.Waiting
                    ? await ReadTriesAsync(row.Id, cancellationToken)
                    : [],
                Owned = await ReadOwnedAsync(facts, cancellationToken),
                Refusals = await ReadRefusalsAsync(row.Id, cancellationToken),
            },
        };
    }

    private Task<IReadOnlyList<StepTry>> ReadTriesAsync(ExecutionId id, CancellationToken cancellationToken) =>
        ReadAllowedAsync(() => queries.ReadTriesAsync(id, cancellationToken));

    private Task<IReadOnlyList<RefusalRow>> ReadRefusalsAsync(ExecutionId id, CancellationToken cancellationToken) =>
        ReadAllowedAsync(() => queries.ReadRefusalsAsync(id, cancellationToken));

    private async Task<IReadOnlyList<T>> ReadAllowedAsync<T>(Func<Task<IReadOnlyList<T>>> read)
    {
        try
        {
            return await read();
        }
        catch (StoreException denied) when (denied.Denied)
        {
            _isPartial = true;
            return [];
        }
    }

    private async Task<JournalEntry?> ReadLastAsync(ExecutionRow row, CancellationToken cancellationToken)
    {
        var last = await ReadAllowedAsync(
            () => queries.ReadJournalAsync(row.Id, row.LastSeq - 1, 1, cancellationToken));
        return last is [var entry] ? entry : null;
    }

    /// <summary>The bodies that have begun under this epoch and of which nothing else is recorded.</summary>
    private async Task<IReadOnlyList<StepTry>> ReadRunningAsync(ExecutionRow row, CancellationToken cancellationToken)
    {
        var running = await ReadBegunAsync(row.Id, epoch => epoch == row.Epoch, cancellationToken);
        var after = row.LastSeq; // The row tells how long the journal was before this owner.
        for (var page = 0; page < MostPages && running.Count > 0; page++)
        {
            var entries = await queries.ReadJournalAsync(row.Id, after, Page, cancellationToken);
            running.RemoveAll(begun => entries.Any(entry => entry.Kind == EntryKind.Step
                && entry.Key == begun.Key && entry.Attempt == begun.Attempt && entry.Epoch == begun.Epoch));
            if (entries.Count < Page)
            {
                break;
            }

            after = entries[^1].Seq;
        }

        return [.. running.OrderBy(begun => begun.StartedAt)];
    }

    /// <summary>
    /// The bodies that were running at the crashes without progress, of each step the last. What the last page of the
    /// journal says to have ended was not.
    /// </summary>
    private async Task<IReadOnlyList<StepTry>> ReadCrashedAsync(Facts facts, CancellationToken cancellationToken)
    {
        var row = facts.Row;
        var epochs = facts.Crashes.TakeLast(row.BarrenCrashes).Select(crash => crash.Epoch).ToHashSet();
        var running = await ReadBegunAsync(row.Id, epochs.Contains, cancellationToken);
        if (running.Count > 0)
        {
            var entries = await queries.ReadJournalAsync(row.Id, row.LastSeq - Page, Page, cancellationToken);
            running.RemoveAll(begun => entries.Any(entry => entry.Kind == EntryKind.Step
                && entry.Key == begun.Key && entry.Epoch >= begun.Epoch));
        }

        return
        [
            .. running.GroupBy(begun => begun.Key, StringComparer.Ordinal)
                .Select(step => step.MaxBy(begun => begun.Epoch)!)
                .OrderBy(begun => begun.Key, StringComparer.Ordinal),
        ];
    }

    /// <summary>The bodies that have begun under some epochs, and have no row that says how they ended.</summary>
    private async Task<List<StepTry>> ReadBegunAsync(
        ExecutionId id, Predicate<long> isMeant, CancellationToken cancellationToken)
    {
        var tries = await ReadTriesAsync(id, cancellationToken);
        var begun = tries.Where(one => one.Phase.SaysBegun() && isMeant(one.Epoch)).ToList();
        begun.RemoveAll(one => tries.Any(other => !other.Phase.SaysBegun() && IsSame(one, other)));
        return begun;
    }

    private static bool IsSame(StepTry one, StepTry other) =>
        one.Key == other.Key && one.Attempt == other.Attempt && one.Epoch == other.Epoch;

    /// <summary>What live workers own, as far as it takes to see whether their slots are all taken.</summary>
    /// <remarks>What the dead own, or one has beyond its slots, takes nobody else's.</remarks>
    private async Task<IReadOnlyList<ExecutionRow>> ReadOwnedAsync(Facts facts, CancellationToken cancellationToken)
    {
        var free = facts.Live.ToDictionary(session => session.Id, session => session.Concurrency);
        var owned = new List<ExecutionRow>();
        var filter = new ExecutionFilter { State = ExecutionState.Running, Limit = Page };
        for (var page = 0; page < MostPages && free.Values.Any(static slots => slots > 0); page++)
        {
            var rows = await queries.ListAsync(filter, cancellationToken);
            foreach (var row in rows.Where(row => free.ContainsKey(row.Owner)))
            {
                free[row.Owner]--;
                owned.Add(row);
            }

            if (rows.Count < Page)
            {
                break;
            }

            filter = filter with { Before = rows[^1].Id };
        }

        return owned;
    }
}
