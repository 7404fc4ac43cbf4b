using Hydra.Storage;

namespace Hydra.Engine.Running;

/// <summary>
/// What one claim has found in the cache, and whether what the store answers goes on from there.
/// </summary>
/// <remarks>
/// A database may lose commits that it has acknowledged, as when a standby takes over, and another worker may write
/// others in their place: under the same epoch, up to the same seq. So neither number shows that a cached journal is
/// the stored one. Its last entry does: it names its time and its worker, and nothing before it can be lost without
/// it. It is read again with what came after.
/// </remarks>
internal sealed class CachedJournals(JournalCache cache)
{
    private readonly Dictionary<ExecutionId, IReadOnlyList<JournalEntry>> _found = [];

    /// <summary>Up to which seq the store need not answer a journal: all but the last cached entry.</summary>
    public long Through(ExecutionId id)
    {
        if (!_found.TryGetValue(id, out var entries))
        {
            entries = cache.Find(id);
            if (entries is null)
            {
                return -1;
            }

            _found[id] = entries;
        }

        return entries[^1].Seq - 1;
    }

    /// <summary>The whole journal of what was claimed, which the cache then keeps no longer.</summary>
    /// <returns>Null when the stored journal does not go on from the cached one: it must be read anew.</returns>
    public IEnumerable<JournalEntry>? Complete(ClaimedExecution claimed)
    {
        cache.Remove(claimed.Row.Id);
        if (!_found.TryGetValue(claimed.Row.Id, out var known) || claimed.Entries is [{ Seq: 0 }, ..])
        {
            return claimed.Entries;
        }

        return claimed.Entries is [var last, ..] && last == known[^1] ? known.Concat(claimed.Entries.Skip(1)) : null;
    }
}
