using Hydra.Storage;

namespace Hydra.Engine.Pipeline;

/// <summary>
/// Starts whose batch was behind somebody else's lock: whoever holds a key, as an open transaction of a user does,
/// delays those who want that key and nobody else.
/// </summary>
/// <remarks>
/// Nobody can tell which start of a batch it was, so each is tried by itself, a few at a time; most go through at once.
/// One that comes later with the same key follows it, or it would hold up the next batch in the same way. Only starts:
/// nothing else of an execution is submitted before its start is answered, so no order is lost.
/// </remarks>
internal sealed partial class PipelineWriter
{
    private const int MostApart = 8;

    private readonly Dictionary<string, int> _apart = []; // How many starts of each key, under the lock.
    private readonly SemaphoreSlim _roomApart = new(MostApart);
    private readonly HashSet<Task> _tasksApart = []; // Under the lock.

    /// <summary>Takes the starts with keys out of a batch; they go on by themselves.</summary>
    /// <returns>The rest.</returns>
    private List<PendingOperation> SetApart(List<PendingOperation> batch, SessionId session)
    {
        lock (_lock)
        {
            foreach (var pending in batch)
            {
                if (pending.Operation is StartOperation { Key: { } key })
                {
                    GoApart(pending, key, session);
                }
            }
        }

        return batch.FindAll(static pending => pending.Operation is not StartOperation { Key: not null });
    }

    /// <summary>Sends a start after those of the same key that are apart. Under the lock.</summary>
    private bool TryFollow(PendingOperation pending, SessionId session)
    {
        if (pending.Operation is not StartOperation { Key: { } key } || !_apart.ContainsKey(key))
        {
            return false;
        }

        GoApart(pending, key, session);
        return true;
    }

    private void GoApart(PendingOperation pending, string key, SessionId session)
    {
        _apart[key] = _apart.GetValueOrDefault(key) + 1;
        var going = _runtime.Run(() => FlushApartAsync(pending, key, session));
        _tasksApart.Add(going);
        _tasksApart.RemoveWhere(static task => task.IsCompleted);
    }

    private async Task FlushApartAsync(PendingOperation pending, string key, SessionId session)
    {
        await FlushAsync([pending], session, apart: true);
        lock (_lock)
        {
            if (--_apart[key] == 0)
            {
                _apart.Remove(key);
            }
        }
    }

    /// <summary>Commits only so many of them at once, since each that waits in the database has a connection.</summary>
    private async Task<CommitAnswer> CommitApartAsync(Func<CommitBatch> gather)
    {
        await _roomApart.WaitAsync();
        try
        {
            return await _store.CommitAsync(gather, CancellationToken.None);
        }
        finally
        {
            _roomApart.Release();
        }
    }

    private Task EndApartAsync()
    {
        lock (_lock)
        {
            return Task.WhenAll(_tasksApart);
        }
    }
}
