namespace Hydra.Sqlite.Writing;

/// <summary>
/// What waits for the writer thread: heartbeats first, everything else in the order in which it came.
/// </summary>
internal sealed class WorkQueue
{
    private readonly object _gate = new(); // A plain object, because the writer thread waits on it.
    private readonly Queue<WorkItem> _urgent = new();
    private readonly Queue<WorkItem> _ordinary = new();
    private bool _nudged;
    private bool _closed;

    /// <summary>Adds an item.</summary>
    /// <returns>False when the queue has been closed.</returns>
    public bool TryAdd(WorkItem item, bool urgent)
    {
        lock (_gate)
        {
            if (_closed)
            {
                return false;
            }

            (urgent ? _urgent : _ordinary).Enqueue(item);
            Monitor.Pulse(_gate);
            return true;
        }
    }

    /// <summary>Makes a waiting writer thread look around, for nothing in particular.</summary>
    public void Nudge()
    {
        lock (_gate)
        {
            _nudged = true;
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>Takes no more items; those already here are still worked on.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>Waits for work and takes as much of it as one transaction should do.</summary>
    /// <param name="round">Receives the items; stays empty when the time passed or somebody nudged.</param>
    /// <param name="timeout">How long to wait for the first item.</param>
    /// <param name="limit">How many items it may take.</param>
    /// <returns>False when the queue is closed and empty.</returns>
    public bool TryTake(List<WorkItem> round, TimeSpan timeout, int limit)
    {
        lock (_gate)
        {
            if (_urgent.Count + _ordinary.Count == 0 && !_closed && !_nudged)
            {
                Monitor.Wait(_gate, timeout);
            }

            _nudged = false;
            while (round.Count < limit && (_urgent.TryDequeue(out var item) || _ordinary.TryDequeue(out item)))
            {
                round.Add(item);
            }

            return round.Count > 0 || !_closed;
        }
    }
}
