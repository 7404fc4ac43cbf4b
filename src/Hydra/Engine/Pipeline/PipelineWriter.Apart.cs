using Hydra.Storage;

namespace Hydra.Engine.Pipeline;

/// <summary>
/// What was in a batch behind somebody else's lock: whoever holds an execution's row or a key, as an open transaction
/// of a user does, delays the writes of that execution or the starts with that key, and nobody else's.
/// </summary>
/// <remarks>
/// Nobody can tell which of a batch it was, so its executions and keys are tried each by itself, a few at a time, and
/// more together as soon as some prove free: so what a lock on all of a table has set apart is through in a few
/// commits once that lock is gone. The others are tried until their lock is gone, and what comes later for the same
/// follows them: it keeps its order, and would hold up the next batch alike.
/// A group is in a line, or tried, or pauses before it gets back into its line; whoever has it then looks after the
/// patience of its operations, and a line is through in a moment (<see cref="ApartRoom"/>). So what a try costs does
/// not depend on how many others there are.
/// </remarks>
internal sealed partial class PipelineWriter
{
    private const int MostTogether = 1_000;

    private readonly ApartRoom _room;
    private readonly ApartLine _untried; // This and what follows under the lock.
    private readonly ApartLine _held; // Those that were found to wait by themselves.
    private readonly Dictionary<LockSubject, ApartGroup> _apart = [];

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
                    _room.Add(1);
                    _untried.Groups.Enqueue(group);
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

        TryNext(_untried);
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

    /// <summary>Tries as many as there is room for, and asks for room for the rest.</summary>
    private void TryNext(ApartLine line)
    {
        while (MayAsk() && line.Places.TryTake(line.Given))
        {
            Try(line);
        }

        bool MayAsk()
        {
            lock (_lock)
            {
                return !line.Asks && (line.Asks = line.Groups.Count > 0);
            }
        }
    }

    /// <summary>A place is had that was asked for.</summary>
    private void Begin(ApartLine line)
    {
        Try(line);
        TryNext(line);
    }

    private void Try(ApartLine line)
    {
        List<(PendingOperation Pending, StoreException Error)> failed = [];
        List<ApartGroup> groups;
        PipelineBatch? batch;
        lock (_lock)
        {
            line.Asks = false;
            (groups, batch) = Take(line, failed);
        }

        failed.ForEach(one => Fail(one.Pending, one.Error));
        if (batch is null)
        {
            line.Places.GiveBack();
        }
        else
        {
            _ = _runtime.Run(() => TryAsync(line, groups, batch));
        }
    }

    /// <summary>Takes the first of a line, or as many as may be tried together. Passes over those that end.</summary>
    private (List<ApartGroup> Groups, PipelineBatch? Batch) Take(
        ApartLine line, List<(PendingOperation Pending, StoreException Error)> failed)
    {
        var groups = new List<ApartGroup>();
        PipelineBatch? batch = null;
        while (groups.Count < line.Together && line.Groups.TryPeek(out var group))
        {
            if (LetGo(group, failed))
            {
                line.Groups.Dequeue();
                continue;
            }

            batch ??= new PipelineBatch { LockWait = _room.LockWait(Math.Min(line.Together, line.Groups.Count)) };
            if (!batch.TryAdd(group.Batch))
            {
                break;
            }

            groups.Add(line.Groups.Dequeue());
        }

        return (groups, batch);
    }

    private async Task TryAsync(ApartLine line, List<ApartGroup> groups, PipelineBatch batch)
    {
        var error = await CommitAsync(batch);
        if (error is null)
        {
            EndTry(line, groups);
        }
        else if (error.Kind == StoreErrorKind.Deterministic)
        {
            if (batch.Operations is [var refused])
            {
                Refuse(refused, error);
                groups[0].Batch.Operations!.Clear();
            }

            Rejoin(groups); // Several that were refused are divided on the common way.
        }
        else
        {
            EndTry(line, groups, error);
        }

        line.Places.GiveBack();
        TryNext(line);
        if (error is not null && groups is [var held] && IsApart(held))
        {
            await Task.Delay(Backoff(held.Tries - 1), _runtime.Time);
            lock (_lock)
            {
                _held.Groups.Enqueue(held);
            }

            TryNext(_held);
        }
    }

    private bool IsApart(ApartGroup group)
    {
        lock (_lock)
        {
            return _apart.GetValueOrDefault(group.Subject) == group;
        }
    }

    /// <summary>They were free.</summary>
    private void EndTry(ApartLine line, List<ApartGroup> groups)
    {
        groups.ForEach(static group => group.Batch.Operations!.Clear());
        lock (_lock)
        {
            line.Together = Math.Min(2 * line.Together, MostTogether);
        }

        Rejoin(groups);
    }

    /// <summary>One of them was not, or something else went wrong.</summary>
    private void EndTry(ApartLine line, List<ApartGroup> groups, StoreException error)
    {
        if (!error.Blocked || groups is [{ Tries: 0 }])
        {
            _log.CommitFailed(error.Kind, groups.Sum(Count), groups[0].Tries + 1, error);
        }

        if (error.Blocked && groups is [{ Tries: 0 } held])
        {
            _log.LockHeld(held.Batch.Operations![0].Operation.Id);
        }

        List<(PendingOperation Pending, StoreException Error)> failed = [];
        lock (_lock)
        {
            line.Together = 1;
            foreach (var group in groups)
            {
                group.Error = error;
                group.Tries += groups.Count == 1 ? 1 : 0;
                if (!LetGo(group, failed) && groups.Count > 1)
                {
                    line.Groups.Enqueue(group); // Each by itself, since some have just proved free.
                }
            }
        }

        failed.ForEach(one => Fail(one.Pending, one.Error));

        static int Count(ApartGroup group) => group.Batch.Operations!.Count;
    }

    /// <summary>
    /// Lets go of what nobody wants or what has no patience left, and ends the group when nothing is left of it. Under
    /// the lock; by whoever has the group.
    /// </summary>
    /// <returns>Whether it has ended.</returns>
    private bool LetGo(ApartGroup group, List<(PendingOperation Pending, StoreException Error)> failed)
    {
        group.Batch.Operations!.RemoveAll(pending => !Keep(pending));
        for (var left = group.Later.Count; left > 0; left--)
        {
            var next = group.Later.Dequeue();
            if (Keep(next.Pending))
            {
                group.Later.Enqueue(next);
            }
        }

        if (group.Batch.IsEmpty)
        {
            group.Batch.Fill(group.Later); // What was behind those that were given up.
        }

        if (group.Batch.IsEmpty)
        {
            Rejoin(group);
        }

        return group.Batch.IsEmpty;

        bool Keep(PendingOperation pending)
        {
            if (Verdict(pending, group.Error) is { } verdict)
            {
                failed.Add((pending, verdict));
                return false;
            }

            return !pending.IsWithdrawn;
        }
    }

    private void Rejoin(List<ApartGroup> groups)
    {
        lock (_lock)
        {
            groups.ForEach(Rejoin);
        }
    }

    /// <summary>It is over: what came after it takes the common way again, as does what was refused.</summary>
    private void Rejoin(ApartGroup group)
    {
        _apart.Remove(group.Subject);
        _room.Add(-1);
        group.Batch.Operations!.ForEach(pending => _queue.Enqueue((pending, group.Batch.Session)));
        while (group.Later.TryDequeue(out var next))
        {
            _queue.Enqueue(next);
        }

        _signal.Set();
    }
}
