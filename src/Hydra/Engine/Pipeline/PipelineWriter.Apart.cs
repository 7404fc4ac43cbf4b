using System.Diagnostics.CodeAnalysis;
using Hydra.Storage;

namespace Hydra.Engine.Pipeline;

/// <summary>
/// What was in a batch behind somebody else's lock: whoever holds an execution's row or a key, as an open transaction
/// of a user does, delays the writes of that execution or the starts with that key, and nobody else's.
/// </summary>
/// <remarks>
/// Nobody can tell which of a batch it was, so its executions and keys are tried each by itself, a few at a time. Most
/// go through at once, and what comes after them takes the common way again. The others are tried until the lock is
/// gone, and what comes later for the same follows them: it keeps its order, and would hold up the next batch alike.
/// Who has not been tried goes first, and always finds room beside those that are known to wait.
/// </remarks>
internal sealed partial class PipelineWriter
{
    private const int MostApart = 8; // At once, since each has a connection while it waits in the database.
    private const int MostHeld = MostApart / 2; // Of those that were found to wait before.

    private readonly Dictionary<LockSubject, ApartGroup> _apart = []; // This and what follows under the lock.
    private readonly Queue<ApartGroup> _untried = new();
    private readonly Queue<ApartGroup> _held = new();
    private int _tried;
    private int _heldTried;

    /// <summary>
    /// Lets the operations of a batch go on apart, and behind them the rest of what was divided, then what is queued.
    /// </summary>
    private void SetApart(PipelineBatch batch, StoreException error, Queue<PendingOperation>? rest)
    {
        lock (_lock)
        {
            foreach (var alike in batch.Operations!.GroupBy(static pending => LockSubject.Of(pending.Operation)))
            {
                if (_apart.TryGetValue(alike.Key, out var group))
                {
                    alike.ToList().ForEach(pending => group.Later.Enqueue((pending, batch.Session)));
                }
                else
                {
                    group = new ApartGroup(alike.Key, new PipelineBatch(batch.Session, [.. alike]), error);
                    _apart.Add(alike.Key, group);
                    _untried.Enqueue(group);
                }

                while (rest is not null && rest.TryDequeue(out var next))
                {
                    group.Later.Enqueue((next, batch.Session));
                }
            }

            for (var left = _queue.Count; left > 0; left--)
            {
                var next = _queue.Dequeue();
                if (!TryFollow(next.Pending, next.Session))
                {
                    _queue.Enqueue(next);
                }
            }
        }

        TryNext();
    }

    /// <summary>Sends an operation after those of the same execution or key that are apart. Under the lock.</summary>
    private bool TryFollow(PendingOperation pending, SessionId session)
    {
        if (!_apart.TryGetValue(LockSubject.Of(pending.Operation), out var group))
        {
            return false;
        }

        group.Later.Enqueue((pending, session));
        return true;
    }

    /// <summary>Tries as many as there is room for.</summary>
    private void TryNext()
    {
        var next = new List<ApartGroup>();
        lock (_lock)
        {
            while (_tried < MostApart && TryTake(out var group))
            {
                group.IsTried = true;
                _tried++;
                _heldTried += group.Tries > 0 ? 1 : 0;
                next.Add(group);
            }
        }

        next.ForEach(group => _ = _runtime.Run(() => TryAsync(group)));
    }

    /// <summary>Passes over those that ended while they waited.</summary>
    private bool TryTake([NotNullWhen(true)] out ApartGroup? group)
    {
        while (_untried.TryDequeue(out group) || (_heldTried < MostHeld && _held.TryDequeue(out group)))
        {
            if (!group.Batch.IsEmpty)
            {
                return true;
            }
        }

        return false;
    }

    private async Task TryAsync(ApartGroup group)
    {
        var error = await CommitAsync(group.Batch);
        var operations = group.Batch.Operations!;
        if (error is null)
        {
            operations.Clear();
        }
        else if (error.Kind != StoreErrorKind.Deterministic)
        {
            _log.CommitFailed(error.Kind, operations.Count, group.Tries + 1, error);
            if (error.Blocked && group.Tries == 0)
            {
                _log.LockHeld(operations[0].Operation.Id);
            }
        }
        else if (operations is [var refused])
        {
            Refuse(refused, error);
            operations.Clear();
        }

        EndTry(group, error);
        FailApart();
        TryNext();
        if (IsApart(group))
        {
            await Task.Delay(Backoff(group.Tries - 1), _runtime.Time);
            lock (_lock)
            {
                _held.Enqueue(group);
            }

            TryNext();
        }
    }

    private bool IsApart(ApartGroup group)
    {
        lock (_lock)
        {
            return _apart.GetValueOrDefault(group.Subject) == group;
        }
    }

    private void EndTry(ApartGroup group, StoreException? error)
    {
        lock (_lock)
        {
            group.IsTried = false;
            _tried--;
            _heldTried -= group.Tries > 0 ? 1 : 0;
            group.Tries++;
            if (error is null or { Kind: StoreErrorKind.Deterministic })
            {
                Rejoin(group); // Several that were refused are divided on the common way.
            }
            else
            {
                group.Error = error;
            }
        }
    }

    /// <summary>
    /// Lets go of those that nobody wants or that have no patience left, wherever they wait. Nobody waits longer for
    /// that than a try takes.
    /// </summary>
    private void FailApart()
    {
        List<(PendingOperation Pending, StoreException Error)> failed = [];
        lock (_lock)
        {
            foreach (var group in _apart.Values.ToList())
            {
                for (var left = group.Later.Count; left > 0; left--)
                {
                    var next = group.Later.Dequeue();
                    if (Keep(next.Pending, group.Error))
                    {
                        group.Later.Enqueue(next);
                    }
                }

                if (!group.IsTried)
                {
                    group.Batch.Operations!.RemoveAll(pending => !Keep(pending, group.Error));
                    FillUp(group);
                }
            }
        }

        failed.ForEach(static one => one.Pending.Failed(one.Error));

        bool Keep(PendingOperation pending, StoreException error)
        {
            if (Verdict(pending, error) is { } verdict)
            {
                failed.Add((pending, verdict));
                return false;
            }

            return !pending.IsWithdrawn;
        }
    }

    /// <summary>Tries what was behind those that were given up, or ends the group when nothing was.</summary>
    private void FillUp(ApartGroup group)
    {
        if (group.Batch.IsEmpty)
        {
            group.Batch.Fill(group.Later);
            if (group.Batch.IsEmpty)
            {
                Rejoin(group);
            }
        }
    }

    /// <summary>It is over: what came after it takes the common way again, as does what was refused.</summary>
    private void Rejoin(ApartGroup group)
    {
        _apart.Remove(group.Subject);
        group.Batch.Operations!.ForEach(pending => _queue.Enqueue((pending, group.Batch.Session)));
        group.Batch.Operations.Clear();
        while (group.Later.TryDequeue(out var next))
        {
            _queue.Enqueue(next);
        }

        _signal.Set();
    }
}
