using Hydra.Storage;

namespace Hydra.Engine.Pipeline;

/// <summary>
/// One writer of the pipeline. Idle, it flushes at once; while a flush is under way operations gather for the next.
/// </summary>
/// <remarks>
/// Which operations a batch holds is settled when the store is about to write it, not when the call is made: what comes
/// while the store is busy with another batch still gets in.
/// It owns what is in flight; others only put into its queue and signal it. A batch that failed is submitted again as
/// it
/// was, whether it was rolled back or is in doubt: every operation is idempotent, so its answer tells what became of
/// it.
/// A batch that the database refuses for good is divided by execution until the bad operation stands alone. Starts that
/// may wait for somebody else's lock go on apart from the others, so that these need not wait as well.
/// </remarks>
internal sealed partial class PipelineWriter : IDisposable
{
    private const int MaxOperations = 1_000;
    private const int MaxBytes = 4 * 1024 * 1024;

    private static readonly TimeSpan LongestBackoff = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestDoubt = TimeSpan.FromHours(1);

    private readonly IWorkflowStore _store;
    private readonly EngineRuntime _runtime;
    private readonly StoreClock _clock;
    private readonly EngineLog _log;
    private readonly Lock _lock = new();
    private readonly Queue<(PendingOperation Pending, SessionId Session)> _queue = new();
    private readonly AsyncSignal _signal;
    private readonly Task _loop;
    private long? _giveUpAt; // Set once, when stopping.
    private bool _stopping;

    public PipelineWriter(IWorkflowStore store, EngineRuntime runtime, StoreClock clock, EngineLog log)
    {
        _store = store;
        _runtime = runtime;
        _clock = clock;
        _log = log;
        _signal = new AsyncSignal(runtime.Time);
        _loop = runtime.Run(RunAsync);
    }

    public void Submit(PendingOperation pending, SessionId session)
    {
        bool stopped;
        lock (_lock)
        {
            stopped = _stopping;
            if (!stopped && !TryFollow(pending, session))
            {
                _queue.Enqueue((pending, session));
            }
        }

        if (stopped)
        {
            pending.Failed(new StoreException(
                StoreErrorKind.NotSent, "The engine is shutting down. Nothing was written."));
        }
        else
        {
            _signal.Set();
        }
    }

    public Task StopAsync(TimeSpan patience)
    {
        lock (_lock)
        {
            _stopping = true;
            _giveUpAt = _runtime.Time.GetTimestamp() + (long)(patience.TotalSeconds * _runtime.Time.TimestampFrequency);
        }

        _signal.Set();
        return _loop;
    }

    public void Dispose() => _roomApart.Dispose();

    private async Task RunAsync()
    {
        while (true)
        {
            if (HasQueued)
            {
                await FlushAsync(batch: null, session: default);
            }
            else if (IsStopping)
            {
                await EndApartAsync();
                return;
            }
            else
            {
                await _signal.WaitAsync();
            }
        }
    }

    private bool IsStopping
    {
        get
        {
            lock (_lock)
            {
                return _stopping && _queue.Count == 0;
            }
        }
    }

    private bool HasQueued
    {
        get
        {
            lock (_lock)
            {
                return _queue.Count > 0;
            }
        }
    }

    /// <summary>Takes what fits into one batch; operations of different sessions never share one.</summary>
    private (List<PendingOperation> Batch, SessionId Session) Take()
    {
        lock (_lock)
        {
            var batch = new List<PendingOperation>(Math.Min(_queue.Count, MaxOperations));
            SessionId session = default;
            long bytes = 0;
            while (batch.Count < MaxOperations && _queue.TryPeek(out var next)
                && (batch.Count == 0 || (bytes + next.Pending.Size <= MaxBytes && Fits(next.Session, ref session))))
            {
                _queue.Dequeue();
                if (!next.Pending.IsWithdrawn)
                {
                    session = next.Session == default ? session : next.Session;
                    batch.Add(next.Pending);
                    bytes += next.Pending.Size;
                }
            }

            return (batch, session);
        }
    }

    private static bool Fits(SessionId next, ref SessionId session) =>
        next == default || session == default || next == session;

    /// <summary>Commits a batch, however often that takes; null gathers one from the queue.</summary>
    private async Task FlushAsync(List<PendingOperation>? batch, SessionId session, bool apart = false)
    {
        var inDoubt = false;
        for (var tries = 0; batch is not { Count: 0 }; tries++)
        {
            StoreException error;
            try
            {
                var answer = await (apart ? CommitApartAsync(Gather) : _store.CommitAsync(Gather, default));
                Answer(batch ?? [], answer);
                return;
            }
            catch (StoreException e)
            {
                error = e;
            }
            catch (Exception e) // A store that breaks its contract: nobody knows what happened.
            {
                error = new StoreException(StoreErrorKind.InDoubt, e.Message, e);
            }

            inDoubt |= error.Kind == StoreErrorKind.InDoubt && batch is not null; // What never left is not in doubt.
            Gather();
            if (error.Kind == StoreErrorKind.Deterministic)
            {
                await DivideAsync(batch!, session, error);
                return;
            }

            if (inDoubt && _runtime.Planted == PlantedFault.DoubtForFailure)
            {
                batch!.ForEach(pending => pending.Failed(new StoreException(StoreErrorKind.RolledBack, error.Message)));
                return;
            }

            _log.CommitFailed(error.Kind, batch!.Count, tries + 1, error);
            batch = FailImpatient(batch, error, inDoubt);
            if (error.Blocked && !inDoubt && !apart)
            {
                batch = SetApart(batch, session);
            }

            if (!apart)
            {
                FailQueued(error);
            }

            await Task.Delay(Backoff(tries), _runtime.Time);
        }

        CommitBatch Gather()
        {
            if (batch is null)
            {
                (batch, session) = Take();
            }

            Stamp(batch);
            return new CommitBatch(session, batch.ConvertAll(static pending => pending.Operation));
        }
    }

    /// <summary>
    /// Tells everybody what became of it. A mistake in one of them must not make the batch look undone.
    /// </summary>
    private void Answer(List<PendingOperation> batch, CommitAnswer answer)
    {
        _clock.Observe(answer.Now);
        for (var i = 0; i < batch.Count; i++)
        {
            try
            {
                batch[i].Answered(answer.Answers[i]);
            }
            catch (Exception e)
            {
                _log.LoopFailed($"Answering an operation of execution {batch[i].Operation.Id}", e);
            }
        }
    }

    private void Stamp(List<PendingOperation> batch)
    {
        var now = _runtime.Time.GetTimestamp();
        foreach (var pending in batch)
        {
            pending.FirstSent ??= now;
        }
    }

    private TimeSpan Backoff(int tries)
    {
        var longest = Math.Min(LongestBackoff.TotalMilliseconds, 5 * Math.Pow(2, Math.Min(tries, 20)));
        return TimeSpan.FromMilliseconds(longest * (0.5 + (0.5 * _runtime.NextChance())));
    }

    /// <summary>
    /// Lets go of what nobody wants any more, what has no patience left, and what was tried for too long.
    /// </summary>
    private List<PendingOperation> FailImpatient(List<PendingOperation> batch, StoreException error, bool inDoubt)
    {
        var now = _runtime.Time.GetTimestamp();
        long? giveUpAt;
        lock (_lock)
        {
            giveUpAt = _giveUpAt;
        }

        return batch.FindAll(pending =>
        {
            if (pending.IsWithdrawn)
            {
                return false;
            }

            var failsNow = now >= giveUpAt || IsImpatient(pending, now, error, inDoubt)
                || _runtime.Time.GetElapsedTime(pending.FirstSent!.Value, now) > LongestDoubt;
            if (failsNow)
            {
                pending.Failed(inDoubt
                    ? new StoreException(
                        StoreErrorKind.InDoubt, $"Whether it was written is unknown. {error.Message}", error)
                    : error);
            }

            return !failsNow;
        });
    }

    /// <summary>Clients wait no longer behind a batch that cannot be written than in one.</summary>
    private void FailQueued(StoreException error)
    {
        var now = _runtime.Time.GetTimestamp();
        List<PendingOperation> impatient = [];
        lock (_lock)
        {
            for (var left = _queue.Count; left > 0; left--)
            {
                var next = _queue.Dequeue();
                if (IsImpatient(next.Pending, now, error, inDoubt: false))
                {
                    impatient.Add(next.Pending);
                }
                else
                {
                    _queue.Enqueue(next);
                }
            }
        }

        foreach (var pending in impatient)
        {
            pending.Failed(new StoreException(
                error.Kind == StoreErrorKind.Unavailable ? error.Kind : StoreErrorKind.NotSent,
                $"Nothing was written, because what came before cannot be. {error.Message}",
                error));
        }
    }

    /// <remarks>
    /// A client hears at once that the database needs help; an execution waits for it to get well.
    /// </remarks>
    private static bool IsImpatient(PendingOperation pending, long now, StoreException error, bool inDoubt) =>
        now >= pending.PatienceEnds
        || (error.Kind == StoreErrorKind.Unavailable && pending.PatienceEnds is not null && !inDoubt);

    private async Task DivideAsync(List<PendingOperation> batch, SessionId session, StoreException error)
    {
        var groups = batch.GroupBy(pending => pending.Operation.Id).Select(group => group.ToList()).ToList();
        if (groups.Count > 1)
        {
            var half = groups.Count / 2;
            await FlushAsync(groups.Take(half).SelectMany(group => group).ToList(), session);
            await FlushAsync(groups.Skip(half).SelectMany(group => group).ToList(), session);
        }
        else if (batch.Count > 1)
        {
            // In order: once one is refused, the later ones of the same execution are refused by their gap.
            foreach (var pending in batch)
            {
                if (!pending.IsWithdrawn)
                {
                    await FlushAsync([pending], session);
                }
            }
        }
        else if (batch.Count == 1)
        {
            _log.OperationRefused(batch[0].Operation.Id, error);
            batch[0].Failed(error);
        }
    }
}
