using Hydra.Engine.Observing;
using Hydra.Engine.Pipeline;
using Hydra.Engine.Pruning;
using Hydra.Engine.Running;
using Hydra.Engine.Scheduling;
using Hydra.Storage;

namespace Hydra.Engine.Workers;

/// <summary>
/// Claims due executions and runs them, never more than its slots; beats, and does its share of maintenance.
/// </summary>
/// <remarks>
/// Asks for no more than its free slots, so that a claimed execution never waits in one process while another stands
/// idle.
/// Woken by starts and freed slots in this process, by changes that the store notices, and when the next execution is
/// due; the poll interval is the floor under all of them, for notices may be lost, polling may not.
/// A swept session is dead for ever: everything under it is dropped and a new one begins.
/// </remarks>
internal sealed partial class Worker : IDisposable
{
    private static readonly TimeSpan LongestBackoff = TimeSpan.FromSeconds(2);

    private readonly IWorkflowStore _store;
    private readonly EngineRuntime _runtime;
    private readonly StoreClock _clock;
    private readonly CommitPipeline _pipeline;
    private readonly EngineLog _log;
    private readonly WorkerOptions _options;
    private readonly WorkflowRegistry _registry;
    private readonly JournalCache _cache;
    private readonly EngineMetrics _metrics;
    private readonly ShareServices _share;
    private readonly string _build;
    private readonly ScheduleKeeper? _schedules; // Null where the store keeps none.
    private readonly RetentionDuty? _retention; // Null where everything is kept.
    private readonly Slots _slots;
    private readonly DueWait _dueWait;
    private readonly AsyncSignal _wake;
    private readonly AsyncSignal _maintain;
    private readonly DueWait _fireWait;
    private readonly AsyncSignal _fire;
    private readonly AsyncSignal _prune;
    private readonly CancellationTokenSource _stopped = new();
    private readonly CancellationTokenSource _closing = new(); // Ends the beats, which outlive everything else.
    private readonly AsyncSignal _drained;
    private readonly List<Task> _loops = [];
    private readonly Besides _besides = new();

    private volatile WorkerSession? _session; // Null before the first and while a lost one is replaced.
    private Task? _beats;
    private volatile bool _stopping;
    private volatile bool _claimInFlight;
    private volatile bool _backlog;
    private long _nextDue = Instant.Never.Micros;
    private int _running;

    public Worker(
        IWorkflowStore store,
        EngineRuntime runtime,
        StoreClock clock,
        CommitPipeline pipeline,
        EngineLog log,
        WorkerOptions options,
        WorkflowRegistry registry,
        JournalCache cache,
        EngineMetrics metrics,
        ShareServices share,
        string build,
        ScheduleKeeper? schedules,
        RetentionDuty? retention)
    {
        _store = store;
        _runtime = runtime;
        _clock = clock;
        _pipeline = pipeline;
        _log = log;
        _options = options;
        _registry = registry;
        _cache = cache;
        _metrics = metrics;
        _share = share;
        _build = build;
        _schedules = schedules;
        _retention = retention;
        _slots = new Slots(options.Concurrency);
        _dueWait = new DueWait(runtime.Time);
        _wake = new AsyncSignal(runtime.Time);
        _maintain = new AsyncSignal(runtime.Time);
        _fireWait = new DueWait(runtime.Time);
        _fire = new AsyncSignal(runtime.Time);
        _prune = new AsyncSignal(runtime.Time);
        _drained = new AsyncSignal(runtime.Time);
        _claimPulse = new LoopPulse("claims", runtime.Time, options.PollInterval);
        _maintenancePulse = new LoopPulse("maintenance", runtime.Time, options.PollInterval);
        _beatPulse = new LoopPulse("heartbeats", runtime.Time, options.HeartbeatInterval);
        _tickPulse = new LoopPulse("ticks", runtime.Time, Tick);
        _firePulse = schedules is null ? null : new LoopPulse("schedules", runtime.Time, options.PollInterval);
        _prunePulse = retention is null ? null : new LoopPulse("retention", runtime.Time, LongestPiece);
    }

    /// <summary>How many executions it could take on at once now.</summary>
    public int FreeSlots => _slots.Free;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await OpenSessionAsync(cancellationToken);
        _loops.Add(_runtime.Run(ClaimLoopAsync));
        _loops.Add(_runtime.Run(MaintenanceLoopAsync));
        if (_schedules is not null)
        {
            _loops.Add(_runtime.Run(ScheduleLoopAsync));
        }

        if (_retention is not null)
        {
            _loops.Add(_runtime.Run(PruneLoopAsync));
        }

        _loops.Add(TickAsync());
        if (_store.Capabilities.NoticesChanges)
        {
            _loops.Add(_runtime.Run(NoticeLoopAsync));
        }

        BeginPulses();
        _beats = _runtime.Run(BeatAsync);
    }

    public void StopClaiming()
    {
        _stopping = true;
        _wake.Set();
        _fire.Set();
        _prune.Set();
    }

    /// <summary>
    /// Hands everything back: at once what runs no body, the rest when its bodies have ended or the grace is over.
    /// </summary>
    public async Task StopAsync(Shutdown shutdown)
    {
        StopClaiming();
        if (_beats is null)
        {
            return;
        }

        _stopped.Cancel();
        _maintain.Set();
        TellAll(new StopRequested(Now: false)); // What a claim still brings is told when it comes.
        await shutdown.WaitForWritesAsync(EndLoopsAsync());
        await DrainAsync(shutdown.GraceLeft);
        TellAll(new StopRequested(Now: true));
        await DrainAsync(shutdown.WritingLeft);
        _closing.Cancel(); // Beats outlive the last activation: who drains must not look dead.
        var closed = _session ?? Distrusted;
        await CloseAsync(closed);
        await shutdown.WaitForWritesAsync(_beats);
        await CloseAsync(_session == closed ? null : _session); // One that was being opened in place of a lost one.

        Task CloseAsync(WorkerSession? session) =>
            session is null ? Task.CompletedTask : shutdown.WaitForWritesAsync(CloseSessionAsync(session));
    }

    /// <summary>Waits for the loops, and for what they have begun beside themselves.</summary>
    private async Task EndLoopsAsync()
    {
        await Task.WhenAll(_loops);
        await _besides.EndAsync();
    }

    public void Dispose()
    {
        _stopped.Dispose();
        _closing.Dispose();
    }

    /// <summary>Waits until nothing runs here, but no longer than the patience.</summary>
    private async Task DrainAsync(TimeSpan patience)
    {
        var begun = _runtime.Time.GetTimestamp();
        while (Volatile.Read(ref _running) > 0
            && _runtime.Time.GetElapsedTime(begun) is var waited && waited < patience)
        {
            await _drained.WaitAsync(patience - waited);
        }
    }

    /// <summary>Whether an execution runs here now.</summary>
    public bool Runs(ExecutionId id) => _session?.Activations.ContainsKey(id) == true;

    /// <summary>
    /// Takes a slot for a direct start, if this worker knows the workflow and nothing else waits for slots.
    /// </summary>
    public SessionId ReserveFor(string workflow, ExecutionId id)
    {
        var session = _session;
        if (_stopping || _backlog || session is null || _registry.Find(workflow) is null || _slots.TakeUpTo(1) == 0)
        {
            return SessionId.None;
        }

        session.PendingStarts[id] = true;
        return session.Id;
    }

    /// <summary>The direct start has been answered: the execution runs here, or its slot is free again.</summary>
    public void AnswerReservation(SessionId id, ExecutionId execution, ClaimedExecution? claimed)
    {
        var session = _session;
        if (claimed is not null && session?.Id == id)
        {
            Activate(session, claimed, claimed.Entries);
        }
        else
        {
            _slots.Release(1); // What a lost session owned is swept; what this one owns unknowingly is found by a beat.
        }

        session?.PendingStarts.TryRemove(execution, out _);
    }

    /// <summary>Something was delivered to an execution from this process: no need to wait for the next beat.</summary>
    public void HasMail(ExecutionId id, ExecutionRequests requests)
    {
        if (_session?.Activations.TryGetValue(id, out var activation) == true)
        {
            activation.Hear(new MailArrived(Mail: 0, requests)); // The count comes with the next answer of the store.
        }
        else
        {
            ExpectDue(_clock.Now);
        }
    }

    /// <summary>An execution was ended from this process: whatever runs of it here is dropped.</summary>
    public void HasEnded(ExecutionId id)
    {
        if (_session?.Activations.TryGetValue(id, out var activation) == true)
        {
            activation.Hear(new LeaseLost());
        }
    }

    /// <summary>Something is due now, or will be: look no later than that.</summary>
    public void ExpectDue(Instant due)
    {
        if (LowerNextDue(due))
        {
            _wake.Set();
        }
    }

    /// <summary>Takes a moment for the next to claim at, if it is earlier than the one known.</summary>
    private bool LowerNextDue(Instant due)
    {
        while (true)
        {
            var next = Volatile.Read(ref _nextDue);
            if (due.Micros >= next)
            {
                return false;
            }

            if (Interlocked.CompareExchange(ref _nextDue, due.Micros, next) == next)
            {
                return true;
            }
        }
    }

    private void Activate(WorkerSession session, ClaimedExecution claimed, IEnumerable<JournalEntry> entries)
    {
        Activation activation;
        try
        {
            var definition = _registry.Find(claimed.Row.Workflow)!;
            activation = new Activation(
                session.Services,
                definition,
                _registry.OptionsOf(claimed.Row.Workflow),
                claimed.Row,
                entries,
                claimed.Tried);
        }
        catch (Exception e) // A journal that cannot be one. The others must not wait for it.
        {
            _log.ActivationBroken(claimed.Row.Id, claimed.Row.Workflow, e);
            _pipeline.Submit(Refusal(session, claimed.Row, entries, e), session.Id);
            _slots.Release(1);
            _wake.Set(); // For the slot, and for the next suspect if this was one.
            return;
        }

        Interlocked.Increment(ref _running);
        if (session.HasHad(claimed.Row.Id, claimed.Row.Epoch))
        {
            DistrustSession(session, claimed.Row);
        }

        if (session.Activations.TryGetValue(claimed.Row.Id, out var older))
        {
            older.Hear(new LeaseLost()); // Claimed anew: the older one can write no more.
        }

        session.Activations[claimed.Row.Id] = activation;
        _log.Activated(claimed.Row.Id, claimed.Row.Workflow, claimed.Row.Epoch);
        if (_session == session)
        {
            activation.Wake();
        }
        else
        {
            activation.Hear(new LeaseLost()); // The session was lost while the answer was on its way.
        }

        if (_stopping && _stopped.IsCancellationRequested)
        {
            activation.Hear(new StopRequested(Now: false));
        }
    }

    /// <summary>What becomes of an execution that cannot run here: it ends only if it never can anywhere.</summary>
    private PendingOperation Refusal(
        WorkerSession session, ExecutionRow row, IEnumerable<JournalEntry> entries, Exception e)
    {
        if (e is PayloadException { IsShredded: true })
        {
            _log.ExecutionFailed(row.Id, row.Workflow, Shredded.Failure.Type);
            var end = Shredded.End(row, [.. entries], _clock.Now, _options.WorkerId);
            return new ShreddedEnd(end, session.Services.Completions);
        }

        var isUndecoded = e is PayloadException; // Whoever looks for the missing key has to be able to read that.
        return new BrokenRelease(row.Id, row.Epoch, _build, Failures.From(e), isUndecoded);
    }

    /// <summary>Called by an activation's pump when it has ended. The slot is free before anybody is woken.</summary>
    private void OnEnded(WorkerSession session, Activation activation, Instant? dueAgain)
    {
        if (!activation.HasSettled)
        {
            session.Drop(activation);
        }

        session.Activations.TryRemove(new KeyValuePair<ExecutionId, Activation>(activation.Id, activation));
        _slots.Release(1);
        if (Interlocked.Decrement(ref _running) == 0 && _stopping)
        {
            _drained.Set();
        }

        if (dueAgain is { } due)
        {
            ExpectDue(due);
        }

        if (_backlog || activation.IsSuspect) // The next suspect may have been waiting for this one to end.
        {
            _wake.Set();
        }
    }

    private void TellAll(object message)
    {
        foreach (var activation in _session?.Activations.Values ?? [])
        {
            activation.Hear(message);
        }
    }

    private TimeSpan Backoff(int tries) => TimeSpan.FromMilliseconds(
        Math.Min(LongestBackoff.TotalMilliseconds, 10 * Math.Pow(2, Math.Min(tries, 20)))
        * (0.5 + (0.5 * _runtime.NextChance())));
}
