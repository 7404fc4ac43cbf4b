using Hydra.Storage;

namespace Hydra.Engine.Pipeline;

/// <summary>
/// One writer of the pipeline. Idle, it flushes at once; while a flush is under way operations gather for the next.
/// </summary>
/// <remarks>
/// Which operations a batch holds is settled when the store is about to write it, not when the call is made: what comes
/// while the store is busy with another batch still gets in. So does what comes of work of the engine's that was
/// waiting already: it goes first, once, which makes commits fewer and larger where there is much to do, and costs
/// nothing where there is not.
/// It owns what is in flight; others only put into its queue and signal it. What failed is submitted again, whether it
/// was rolled back or is in doubt: every operation is idempotent, so its answer tells what became of it. That holds for
/// each by itself, so that a batch may be sent again in parts as long as each execution's operations keep their order.
/// A batch that the database refuses for good is divided by execution until the bad operation stands alone. One that
/// was behind somebody else's lock goes on in parts, so that nobody waits but who has to.
/// </remarks>
internal sealed partial class PipelineWriter
{
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

    public PipelineWriter(
        IWorkflowStore store, EngineRuntime runtime, StoreClock clock, EngineLog log, ApartRoom room)
    {
        _store = store;
        _runtime = runtime;
        _clock = clock;
        _log = log;
        _room = room;
        _untried = new ApartLine(room.ForUntried, () => Begin(_untried!));
        _held = new ApartLine(room.ForHeld, () => Begin(_held!));
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
            Fail(pending, new StoreException(
                StoreErrorKind.NotSent, "The engine is shutting down. Nothing was written."));
        }
        else
        {
            _signal.Set();
        }
    }

    /// <summary>Whether it goes on, or has been told to stop.</summary>
    public bool IsAlive
    {
        get
        {
            lock (_lock)
            {
                return _stopping || !_loop.IsCompleted;
            }
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

    private async Task RunAsync()
    {
        while (true)
        {
            if (HasQueued)
            {
                if (_runtime.OthersWait)
                {
                    await Task.Yield();
                }

                await FlushAsync(new PipelineBatch());
            }
            else if (IsOver)
            {
                return;
            }
            else
            {
                await _signal.WaitAsync();
            }
        }
    }

    /// <summary>Whether it stops and nothing is left that could come back into the queue.</summary>
    private bool IsOver
    {
        get
        {
            lock (_lock)
            {
                return _stopping && _queue.Count == 0 && _apart.Count == 0;
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

    /// <summary>Commits a batch, however often that takes, or lets it go on apart.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="rest">What comes behind it, of the one execution that it is of; taken if it goes on apart.</param>
    private async Task FlushAsync(PipelineBatch batch, Queue<PendingOperation>? rest = null)
    {
        for (var tries = 0; !batch.IsEmpty; tries++)
        {
            if (await CommitAsync(batch) is not { } error)
            {
                return;
            }

            Gather(batch);
            if (error.Kind == StoreErrorKind.Deterministic)
            {
                await DivideAsync(batch, error);
                return;
            }

            if (error.Kind == StoreErrorKind.InDoubt && _runtime.Planted == PlantedFault.DoubtForFailure)
            {
                var undone = new StoreException(StoreErrorKind.RolledBack, error.Message);
                batch.Operations!.ForEach(pending => Fail(pending, undone));
                return;
            }

            _log.CommitFailed(error.Kind, batch.Operations!.Count, tries + 1, error);
            var goesApart = error.Blocked && _runtime.Planted != PlantedFault.BlockedStalls;
            var queued = goesApart ? [] : TakeImpatient(error); // Before anybody hears of it: what comes then is new.
            FailImpatient(batch, error);
            queued.ForEach(pending => Fail(pending, Told(pending, error)));
            if (goesApart)
            {
                SetApart(batch, error, rest);
                return;
            }

            await Task.Delay(Backoff(tries), _runtime.Time);
        }
    }

    /// <summary>Tries once, and tells everybody what became of it if it was written.</summary>
    /// <returns>What kept it from being written, or makes that unknown.</returns>
    private async Task<StoreException?> CommitAsync(PipelineBatch batch)
    {
        StoreException error;
        try
        {
            var asked = _clock.Ask();
            var answer = await _store.CommitAsync(() => Gather(batch), CancellationToken.None);
            _clock.Observe(answer.Now, asked);
            Answer(batch.Operations ?? [], answer);
            return null;
        }
        catch (StoreException e)
        {
            error = e;
        }
        catch (Exception e) // A store that breaks its contract: nobody knows what happened.
        {
            error = new StoreException(StoreErrorKind.InDoubt, e.Message, e);
        }

        if (error.Kind == StoreErrorKind.InDoubt)
        {
            batch.Doubt();
        }

        return error;
    }

    private CommitBatch Gather(PipelineBatch batch)
    {
        if (batch.Operations is null)
        {
            lock (_lock)
            {
                batch.Fill(_queue);
            }
        }

        var now = _runtime.Time.GetTimestamp();
        batch.Operations!.ForEach(pending => pending.FirstSent ??= now);
        return new CommitBatch(batch.Session, batch.Operations.ConvertAll(static pending => pending.Operation))
        {
            LockWait = batch.LockWait,
        };
    }

    /// <summary>
    /// Tells everybody what became of it. A mistake in one of them must not make the batch look undone.
    /// </summary>
    private void Answer(List<PendingOperation> batch, CommitAnswer answer)
    {
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

    /// <summary>Tells one that it is not durable. A mistake in it must not end the loop that all need.</summary>
    private void Fail(PendingOperation pending, StoreException error)
    {
        try
        {
            pending.Failed(error);
        }
        catch (Exception e)
        {
            _log.LoopFailed($"Failing an operation of execution {pending.Operation.Id}", e);
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
    private void FailImpatient(PipelineBatch batch, StoreException error) => batch.Operations!.RemoveAll(pending =>
    {
        if (Verdict(pending, error) is { } verdict)
        {
            Fail(pending, verdict);
            return true;
        }

        return pending.IsWithdrawn;
    });

    /// <summary>Clients wait no longer behind a batch that cannot be written than in one.</summary>
    /// <returns>Those who are not to wait any more, taken out of the queue.</returns>
    private List<PendingOperation> TakeImpatient(StoreException error)
    {
        var now = _runtime.Time.GetTimestamp();
        List<PendingOperation> impatient = [];
        lock (_lock)
        {
            for (var left = _queue.Count; left > 0; left--)
            {
                var next = _queue.Dequeue();
                if (IsImpatient(next.Pending, now, error))
                {
                    impatient.Add(next.Pending);
                }
                else
                {
                    _queue.Enqueue(next);
                }
            }
        }

        return impatient;
    }

    /// <returns>What an operation that may not go on hears; null for one that may, or that nobody wants.</returns>
    private StoreException? Verdict(PendingOperation pending, StoreException error)
    {
        var now = _runtime.Time.GetTimestamp();
        bool isOver;
        lock (_lock)
        {
            isOver = now >= _giveUpAt;
        }

        isOver |= IsImpatient(pending, now, error)
            || (pending.FirstSent is { } sent && _runtime.Time.GetElapsedTime(sent, now) > LongestDoubt);
        return isOver && !pending.IsWithdrawn ? Told(pending, error) : null;
    }

    /// <remarks>
    /// A client hears at once that the database needs help; an execution waits for it to get well.
    /// </remarks>
    private static bool IsImpatient(PendingOperation pending, long now, StoreException error) =>
        now >= pending.PatienceEnds
        || (error.Kind == StoreErrorKind.Unavailable && pending.PatienceEnds is not null && !pending.InDoubt);

    /// <summary>What is known of an operation when it, or what came before it, cannot be written.</summary>
    private static StoreException Told(PendingOperation pending, StoreException error) =>
        pending.InDoubt ? new StoreException(
            StoreErrorKind.InDoubt, $"Whether it was written is unknown. {error.Message}", error)
        {
            JournalDiffers = error.JournalDiffers,
        }
        : pending.FirstSent is not null ? error
        : new StoreException(
            error.Kind == StoreErrorKind.Unavailable ? error.Kind : StoreErrorKind.NotSent,
            $"Nothing was written, because what came before cannot be. {error.Message}",
            error)
        {
            Blocked = error.Blocked,
        };

    private async Task DivideAsync(PipelineBatch batch, StoreException error)
    {
        var groups = batch.Operations!.GroupBy(static pending => pending.Operation.Id).ToList();
        if (groups.Count > 1)
        {
            var half = groups.Count / 2;
            await FlushAsync(new PipelineBatch(batch.Session, [.. groups.Take(half).SelectMany(group => group)]));
            await FlushAsync(new PipelineBatch(batch.Session, [.. groups.Skip(half).SelectMany(group => group)]));
        }
        else if (batch.Operations!.Count > 1)
        {
            await FlushInOrderAsync(new Queue<PendingOperation>(batch.Operations), batch.Session);
        }
        else if (batch.Operations.Count == 1)
        {
            Refuse(batch.Operations[0], error);
        }
    }

    /// <summary>
    /// One after the other: once one is refused, the later ones of the same execution are refused by their gap.
    /// </summary>
    private async Task FlushInOrderAsync(Queue<PendingOperation> operations, SessionId session)
    {
        while (operations.TryDequeue(out var pending))
        {
            if (!pending.IsWithdrawn)
            {
                await FlushAsync(new PipelineBatch(session, [pending]), operations);
            }
        }
    }

    private void Refuse(PendingOperation pending, StoreException error)
    {
        _log.OperationRefused(pending.Operation.Id, error);
        Fail(pending, Told(pending, error)); // Whatever keeps it out now may not have been there before.
    }
}
