using System.Collections.Concurrent;

namespace Hydra.Engine;

/// <summary>
/// Work that the thread pool does, and threads of our own when the pool does not get round to it, because somebody's
/// code blocks its threads.
/// </summary>
/// <remarks>
/// The queue is ours and the pool only gets tickets for it, so that what waits can be taken from behind whatever else
/// the pool is told to do. A look that finds work and no progress since the last one adds threads; they stay while
/// there is work, and go when there has been none for a while. A thread that blocks inside an item is not waited for.
/// </remarks>
/// <param name="name">Names the threads.</param>
/// <param name="mostOnPool">
/// How many of its items may hold a thread of the pool at once: the rest of the pool stays free for timers and for
/// whatever goes on after an await.
/// </param>
/// <param name="growth">How many threads a look adds.</param>
/// <param name="mostOwn">How many threads of our own there may be.</param>
internal sealed class Lane(string name, int mostOnPool, int growth, int mostOwn) : IThreadPoolWorkItem
{
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(5);

    [ThreadStatic]
    private static bool _isOwn;

    private readonly ConcurrentQueue<IThreadPoolWorkItem> _queue = new();
    private readonly object _gate = new(); // A plain object, because our threads wait on it.
    private int _onPool;
    private int _owed; // Tickets that found no room.
    private int _own;
    private int _waiting;
    private long _taken;
    private long _takenBefore; // The guard's alone.

    /// <summary>Whether the caller is on a thread that some lane has made for itself.</summary>
    public static bool IsOwnThread => _isOwn;

    /// <summary>Whether one more item may hold a thread of the pool.</summary>
    public bool HasRoom => Volatile.Read(ref _onPool) < mostOnPool;

    /// <summary>Whether nothing waits for a thread.</summary>
    public bool IsEmpty => _queue.IsEmpty;

    public void Post(IThreadPoolWorkItem item)
    {
        _queue.Enqueue(item);
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        if (Volatile.Read(ref _waiting) > 0)
        {
            Pulse();
        }
    }

    /// <summary>Something that is no item holds a thread of the pool from here on, as an item would.</summary>
    public void Enter() => Interlocked.Increment(ref _onPool);

    public void Leave()
    {
        Interlocked.Decrement(ref _onPool);
        if (Volatile.Read(ref _owed) > 0 && HasRoom && TakeOwed())
        {
            // Whoever found no room a moment ago may have left its item to nobody.
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    /// <summary>Serves one ticket.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        if (Interlocked.Increment(ref _onPool) > mostOnPool)
        {
            Interlocked.Increment(ref _owed);
            Leave();
            return;
        }

        try
        {
            while (RunNext() && TakeOwed())
            {
            }
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Called by one guard at regular intervals: sees to it that what waits gets a thread.</summary>
    public void Look()
    {
        var taken = Interlocked.Read(ref _taken);
        var progressed = taken != _takenBefore;
        _takenBefore = taken;
        if (_queue.IsEmpty || progressed)
        {
            return;
        }

        if (Volatile.Read(ref _waiting) > 0)
        {
            Pulse();
            return;
        }

        for (var i = 0; i < Math.Min(growth, _queue.Count) && Volatile.Read(ref _own) < mostOwn; i++)
        {
            Interlocked.Increment(ref _own);
            new Thread(ServeAlone) { IsBackground = true, Name = name }.UnsafeStart();
        }
    }

    private bool TakeOwed()
    {
        while (true)
        {
            var owed = Volatile.Read(ref _owed);
            if (owed == 0)
            {
                return false;
            }

            if (Interlocked.CompareExchange(ref _owed, owed - 1, owed) == owed)
            {
                return true;
            }
        }
    }

    private bool RunNext()
    {
        if (!_queue.TryDequeue(out var item))
        {
            return false;
        }

        Interlocked.Increment(ref _taken);
        item.Execute();
        return true;
    }

    private void Pulse()
    {
        lock (_gate)
        {
            Monitor.Pulse(_gate);
        }
    }

    private void ServeAlone()
    {
        _isOwn = true;
        do
        {
            while (RunNext())
            {
            }
        }
        while (WaitForWork());
        Interlocked.Decrement(ref _own);
    }

    /// <returns>False when there has been none for so long that the pool must be well again.</returns>
    private bool WaitForWork()
    {
        lock (_gate)
        {
            _waiting++;
            var woken = !_queue.IsEmpty || Monitor.Wait(_gate, Linger);
            _waiting--;
            return woken || !_queue.IsEmpty;
        }
    }
}
