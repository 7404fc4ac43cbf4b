using Hydra.Storage;

namespace Hydra.Engine.Running;

/// <summary>
/// The journals of executions that this process has suspended lately, so that a loop of many sleeps does not read its
/// history again at every wake-up. Bounded in bytes; the oldest go first.
/// </summary>
/// <remarks>Entries are written once, so a cached prefix stays right; a claim reads what came after it.</remarks>
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
            Remove(id);
            if (bytes > capacity / 4)
            {
                return;
            }

            _byId.Add(id, _byAge.AddLast(new Cached(id, entries, bytes)));
            _bytes += bytes;
            while (_bytes > capacity)
            {
                Remove(_byAge.First!.Value.Id);
            }
        }
    }

    /// <summary>Takes a journal out; it comes back when the execution is suspended again.</summary>
    public IReadOnlyList<JournalEntry>? Take(ExecutionId id)
    {
        lock (_lock)
        {
            return Remove(id);
        }
    }

    private IReadOnlyList<JournalEntry>? Remove(ExecutionId id)
    {
        if (!_byId.Remove(id, out var node))
        {
            return null;
        }

        _byAge.Remove(node);
        _bytes -= node.Value.Bytes;
        return node.Value.Entries;
    }

    private sealed record Cached(ExecutionId Id, IReadOnlyList<JournalEntry> Entries, long Bytes);
}
