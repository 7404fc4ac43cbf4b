using Hydra.Storage;

namespace Hydra.Engine.Replay;

/// <summary>
/// Runs one execution's code over its journal, in turns. Pure: no clock, no database, no tasks of its own.
/// </summary>
/// <remarks>
/// A turn delivers exactly one outcome and drains the code to rest; live running and replay are the same loop, so races
/// and occurrence numbers come out alike. Completions wait in an inbox outside it and get their seq at delivery. The
/// owner calls <see cref="Pump"/> from one thread at a time and then takes what came of it: new entries, calls whose
/// bodies may start, a mismatch, the end of the code. Dropping the loop completes nothing: the code simply stops.
/// </remarks>
internal sealed partial class TurnLoop : SynchronizationContext
{
    [ThreadStatic]
    private static TurnLoop? _current;

    private readonly ITurnHost _host;
    private readonly Journal _journal;
    private readonly string _worker;
    private readonly Func<Task<Payload>> _code;
    private readonly Queue<(SendOrPostCallback Callback, object? State)> _ready = new();
    private readonly Queue<Arrival> _inbox = new();
    private readonly CallTable _calls = new();
    private readonly int _recorded;

    private CancellationTokenSource? _cancellation;
    private Instant _lastTime;
    private int _delivered;
    private volatile bool _dropped;

    public TurnLoop(ITurnHost host, Journal journal, Instant start, long epoch, string worker, Func<Task<Payload>> code)
    {
        _host = host;
        _journal = journal;
        Epoch = epoch;
        _worker = worker;
        _code = code;
        _recorded = journal.Outcomes.Count;
        _lastTime = journal.Fork?.StartedAt ?? start; // What was copied was asked for by code that began then.
        DurableSeq = journal.LastSeq;
        Mismatch = journal.Unknown is { } entry
            ? new Mismatch(
                $"The journal has an entry of kind {(int)entry.Kind} at seq {entry.Seq}, which this version of the "
                + "library does not know: it was recorded by a newer one. Run the execution with that version.",
                IsUnreadable: true)
            : null;
    }

    /// <summary>The epoch under which the code runs.</summary>
    public long Epoch { get; }

    /// <summary>The task of the workflow's code, once the first pump has begun it.</summary>
    public Task<Payload>? Code { get; private set; }

    /// <summary>Why this build cannot replay the journal, when it cannot.</summary>
    public Mismatch? Mismatch { get; private set; }

    /// <summary>What an async void method of the code has thrown; it ends the attempt.</summary>
    public Exception? Escaped { get; private set; }

    /// <summary>Calls that are issued and not answered.</summary>
    public CallTable Calls => _calls;

    /// <summary>Entries that were made since the owner took them last.</summary>
    public List<JournalEntry> NewEntries { get; } = [];

    /// <summary>
    /// The last seq that is durable; set by the owner. Nothing takes effect that a later outcome led to.
    /// </summary>
    public long DurableSeq { get; set; }

    /// <summary>The time of the last outcome, at first that of the attempt's start.</summary>
    public Instant Time => _lastTime;

    /// <summary>How many outcomes the code has been given. Other threads may look.</summary>
    public int Delivered => Volatile.Read(ref _delivered);

    public bool IsReplaying => _delivered < _recorded;

    /// <summary>Whether results of an earlier attempt, or the start of this one, are still to be delivered.</summary>
    public bool IsCatchingUp => IsReplaying || _journal.AttemptStartPending || _journal.Landed.Count > 0;

    /// <summary>
    /// Whether the code has come to rest although a landed result, which it had asked for before, is left.
    /// </summary>
    public bool HasLeftResultBehind =>
        !IsReplaying && !_journal.AttemptStartPending && _journal.Landed.Count > 0
        && (Code is { IsCompleted: true } || _calls.Count > 0) && !Awaits(_journal.Landed[0]);

    /// <summary>
    /// Whether it has left one behind that it had asked for after something foreign, which has not come back this time.
    /// </summary>
    public bool MayGetForeign =>
        HasLeftResultBehind && Code is { IsCompleted: false } && _journal.IsForeignMissing;

    public bool HasWork => _inbox.Count > 0 || !_foreign.IsEmpty;

    public CancellationToken CancellationToken => (_cancellation ??= new()).Token;

    /// <summary>
    /// Whether an effect of a call may begin: every outcome delivered before it was issued is durable.
    /// </summary>
    public bool MayTakeEffect(Call call) => call.Position <= DurableSeq - (_journal.LastSeq - _delivered);

    /// <summary>Takes a call from workflow code.</summary>
    public void Issue(Call call, CancellationToken withdraw)
    {
        call.Position = _delivered;
        _calls.Add(call);
        if (withdraw.CanBeCanceled)
        {
            call.Withdrawn = new CancellationTokenSource();
            call.Withdrawal = withdraw.UnsafeRegister(
                static (state, token) =>
                {
                    var (loop, call) = ((TurnLoop, Call))state!;
                    loop.Withdraw(call, token);
                },
                (this, call));
        }
    }

    /// <summary>Throws unless the caller is workflow code on its own scheduler.</summary>
    public void EnsureOnScheduler()
    {
        // Code of a body is known by its ambient context, wherever a task that it awaited has let it go on.
        if (!OnScheduler || StepContext.Current is not null)
        {
            throw new InvalidOperationException(
                "The context was used outside the workflow's own code: from a step body, from Task.Run, behind "
                + "ConfigureAwait(false), or after the execution had left this process. Make durable calls, draw "
                + "numbers and take the token where the workflow runs, without ConfigureAwait(false); give a step's "
                + "body what it needs as its input, and let it use the token that it is given.");
        }
    }

    /// <summary>Hands in an outcome; the owner does so between pumps.</summary>
    public void Arrive(Arrival arrival) => _inbox.Enqueue(arrival);

    /// <summary>Delivers what there is to deliver, one outcome a turn, until nothing is left that can be.</summary>
    public void Pump()
    {
        if (Mismatch is not null)
        {
            return;
        }

        var (context, current) = (SynchronizationContext.Current, _current);
        _current = this;
        SetSynchronizationContext(Context);
        try
        {
            Begin();
            while (!_dropped && Mismatch is null && !Code!.IsCompleted && DeliverNext())
            {
                Drain();
            }

            if (Code!.IsCompleted && IsReplaying && Mismatch is null)
            {
                Mismatch = new Mismatch(Code.Exception?.InnerException is UnreadableInputException unreadable
                    ? unreadable.Message
                    : "The workflow ended, but its journal goes on with "
                        + $"{Comparison.Describe(_journal.Outcomes[_delivered])}.");
            }
        }
        finally
        {
            SetSynchronizationContext(context);
            _current = current;
        }
    }

    /// <summary>Takes the owner's word that this build cannot go on.</summary>
    public void Refuse(Mismatch mismatch) => Mismatch ??= mismatch;

    /// <summary>Lets go of the code. What it still awaits never completes.</summary>
    public void Drop()
    {
        _dropped = true;
        foreach (var call in _calls.Outstanding)
        {
            call.Withdrawal.Unregister();
            call.Withdrawn?.Dispose();
        }

        _cancellation?.Dispose();
    }

    private void Begin()
    {
        if (Code is not null)
        {
            return;
        }

        try
        {
            Code = _code();
        }
        catch (Exception e) // Code that throws before its first await, without async.
        {
            Code = Task.FromException<Payload>(e);
        }

        _ = Code.ContinueWith(
            static (_, state) => ((TurnLoop)state!).OnCodeEnded(),
            this,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        Drain();
    }

    private void OnCodeEnded()
    {
        if (!OnScheduler && !_dropped)
        {
            _host.ReportViolation("The workflow's code ended off its scheduler, behind a ConfigureAwait(false).");
            _host.Wake();
        }
    }

    private void Drain()
    {
        while (_ready.TryDequeue(out var item))
        {
            try
            {
                item.Callback(item.State);
            }
            catch (Exception e) // Only async void methods throw here: their exceptions have no task to go to.
            {
                Escaped ??= e;
            }
        }
    }

    private bool DeliverNext()
    {
        if (IsReplaying)
        {
            return Replay(_journal.Outcomes[_delivered]);
        }

        if (_journal.AttemptStartPending)
        {
            Record(new Arrival(EntryKind.AttemptStarted, Attempt: _journal.Attempt), originSeq: 0);
            return true;
        }

        if (_journal.Landed.Count > 0 && Awaits(_journal.Landed[0]))
        {
            Redeliver(_journal.Landed[0]);
            return true;
        }

        if (TakeForeign())
        {
            Record(new Arrival(EntryKind.Foreign), originSeq: 0);
            return true;
        }

        // New outcomes wait until every result of an earlier attempt has been asked for.
        while (_journal.Landed.Count == 0 && _inbox.TryDequeue(out var arrival))
        {
            if (arrival.Call is { Done: true } || (arrival.Call is null && HasDelivered(arrival.Kind)))
            {
                continue; // Withdrawn, ended by a cancellation, or delivered before: it takes no seq.
            }

            var entry = Record(arrival, originSeq: 0);
            Deliver(entry, arrival.Call);
            return true;
        }

        return false;
    }

    private bool Replay(JournalEntry entry)
    {
        Call? call = null;
        if (entry.Kind == EntryKind.Foreign)
        {
            if (!TakeForeign())
            {
                return false;
            }
        }
        else if (entry.Kind is EntryKind.Step or EntryKind.Sleep)
        {
            call = _calls.Find(entry.Key);
            Mismatch = Comparison.Check(entry, call, _calls);
            if (Mismatch is not null)
            {
                return false;
            }
        }

        Advance(entry.At);
        Deliver(entry, call);
        return true;
    }

    private bool Awaits(JournalEntry landed) =>
        _calls.Find(landed.Key) is { } call && call.Kind == landed.Kind && call.HasSameInput(landed.Input);

    private void Redeliver(JournalEntry landed)
    {
        var call = _calls.Find(landed.Key)!;
        var arrival = new Arrival(
            landed.Kind, call, landed.Output, landed.Failed, landed.Attempt, landed.StartedAt);
        var entry = Record(arrival, landed.OriginSeq == 0 ? landed.Seq : landed.OriginSeq);
        Deliver(entry, call);
    }

    private JournalEntry Record(Arrival arrival, long originSeq)
    {
        var time = Instant.Max(_host.Now(), Instant.Max(_lastTime, _journal.LastTime));
        var entry = new JournalEntry
        {
            Seq = _journal.LastSeq + 1,
            Kind = arrival.Kind,
            Key = arrival.Call?.Key ?? "",
            Position = arrival.Call?.Position ?? _delivered,
            Ordinal = arrival.Call?.Ordinal ?? 0,
            Failed = arrival.Failed,
            Input = arrival.Call?.Input ?? default,
            Output = arrival.Output,
            At = time,
            StartedAt = arrival.StartedAt == default ? time : arrival.StartedAt,
            Attempt = arrival.Attempt,
            Epoch = Epoch,
            OriginSeq = originSeq,
            Worker = _worker,
        };
        _journal.Append(entry);
        NewEntries.Add(entry);
        Advance(time);
        return entry;
    }

    private void Advance(Instant time)
    {
        _lastTime = time;
        _delivered++;
        _calls.BeginPosition();
    }

    /// <summary>
    /// Completes what the entry answers. No context is current meanwhile, so that what is behind ConfigureAwait(false)
    /// runs right here; the rest of the code runs when the loop drains.
    /// </summary>
    private void Deliver(JournalEntry entry, Call? call)
    {
        SetSynchronizationContext(null);
        try
        {
            if (call is not null)
            {
                _calls.Remove(call);
                call.Deliver(entry);
            }
            else if (entry.Kind is EntryKind.Cancellation or EntryKind.Timeout)
            {
                EndOutstanding(entry.Kind);
            }
        }
        catch (PayloadException e)
        {
            Mismatch = new Mismatch(
                $"The output of {Comparison.Describe(entry)} cannot be read: {e.Message}", IsUnreadable: true);
        }
        finally
        {
            SetSynchronizationContext(Context);
        }
    }
}
