using Hydra.Storage;

namespace Hydra.Engine.Running;

/// <summary>
/// The journals of executions that this process has suspended lately, so that a loop of many sleeps does not read its
/// history again at every wake-up. Bounded in bytes; the oldest go first.
/// </summary>
/// <remarks>
/// Entries are written once, so a claim reads only what came after a cached journal, unless the database has lost what
/// it said was durable: see <see cref="CachedJournals"/>.
/// </remarks>
internal sealed class JournalCache(long capacity)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ExecutionId, LinkedListNode<Cached>> _byId = [];
    private readonly LinkedList<Cached> _byAge = new();
    private long _bytes;

    public void Put(ExecutionId id, IReadOnlyList<JournalEntry> entries, long bytes)
    {
        lock (_lock)
        {
            Drop(id);
            if (bytes > capacity / 4)
            {
                return;
            }

            _byId.Add(id, _byAge.AddLast(new Cached(id, entries, bytes)));
            _bytes += bytes;
            while (_bytes > capacity)
            {
                Drop(_byAge.First!.Value.Id);
            }
        }
    }

    /// <summary>The journal of an execution, which stays here until the execution is claimed.</summary>
    public IReadOnlyList<JournalEntry>? Find(ExecutionId id)
    {
        lock (_lock)
        {
            return _byId.TryGetValue(id, out var node) ? node.Value.Entries : null;
        }
    }

    /// <summary>Lets go of a journal; it comes back when the execution is suspended again.</summary>
    public void Remove(ExecutionId id)
    {
        lock (_lock)
        {
            Drop(id);
        }
    }

    private void Drop(ExecutionId id)
    {
        if (_byId.Remove(id, out var node))
        {
            _byAge.Remove(node);
            _bytes -= node.Value.Bytes;
        }
    }

    private sealed record Cached(ExecutionId Id, IReadOnlyList<JournalEntry> Entries, long Bytes);
}
