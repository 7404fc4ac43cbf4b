using Hydra.Engine.Observing;
using Hydra.Engine.Replay;
using Hydra.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Hydra.Engine.Running;

/// <summary>
/// One execution while this process owns it: pumps its turns, starts its bodies, hands its outcomes to the pipeline,
/// and
/// settles it. An actor: everything but <see cref="Hear"/> and <see cref="Wake"/> happens in one pump at a time.
/// </summary>
/// <remarks>
/// The life of a round: take in what was heard, fire what is due, let the loop deliver, decide, submit. Deciding looks
/// at where the loop came to rest: at an end, at nothing but durable waits, or at bodies that may start. While a
/// settlement is under way nothing is delivered: the store answers whether it holds.
/// </remarks>
internal sealed partial class Activation : IThreadPoolWorkItem, ITurnHost, ICallIssuer
{
    private const int Idle = 0;
    private const int Pumping = 1;
    private const int PumpAgain = 2;

    private readonly ActivationServices _shared;
    private readonly WorkflowDefinition _definition;
    private readonly WorkflowOptions _options;
    private readonly ExecutionRow _row;
    private readonly Journal _journal;
    private readonly TurnLoop _loop;
    private readonly Lock _gate = new(); // Guards what is heard, and the scope.
    private readonly List<PendingAdvance> _inFlight = [];
    private readonly List<StepTry> _newTries = [];
    private long _newTryBytes;
    private readonly Dictionary<string, TriedStep>? _tried; // By key; most executions have none.

    private List<object> _heard = []; // Filled from any thread, taken in by a round.
    private List<object> _taken = [];

    private int _pump;
    private int _rounds; // Odd while one is under way; changed by whoever has the pump, read by the watch.
    private int _over; // Set by the first to say that the activation has ended: its pump, or the watch.
    private int _bodies; // Counts bodies that run, for disposal; changed from any thread.
    private AsyncServiceScope? _scope;
    private CancellationTokenSource? _bodyTokens;
    private ITimer? _timer;
    private Settlement? _settlement; // Under way; nothing is delivered meanwhile.
    private long _mail;
    private volatile bool _stopping; // Read by bodies that are about to begin, and so is _ended.
    private bool _stoppingNow;
    private volatile bool _ended;

    public Activation(
        ActivationServices shared,
        WorkflowDefinition definition,
        WorkflowOptions options,
        ExecutionRow row,
        IEnumerable<JournalEntry> entries,
        IReadOnlyList<TriedStep> tried)
    {
        _shared = shared;
        _definition = definition;
        _options = options;
        _row = row;
        _mail = row.Mail;
        _journal = new Journal(entries);
        shared.Codec.EnsureDecoded(row.Id, _journal.Entries);
        if (Subject is { IsDestroyed: true }) // It was in memory, and may not stay there.
        {
            throw new PayloadException(Shredded.Failure.Message) { IsShredded = true };
        }

        _tried = tried.Count == 0 ? null : tried.ToDictionary(static step => step.Key, StringComparer.Ordinal);
        _loop = new TurnLoop(
            this, _journal, row.StartedAt ?? shared.Clock.Now, row.Epoch, shared.Worker.WorkerId, RunCode);
        _span = EngineTraces.Run(
            shared.Metrics.Namespace, shared.Worker.WorkerId, row, _journal.Input, _journal.Attempt);
        if (row.Requests.HasFlag(ExecutionRequests.Cancel))
        {
            _loop.Arrive(new Arrival(EntryKind.Cancellation));
        }
    }

    public ExecutionId Id => _row.Id;

    public long Epoch => _row.Epoch;

    /// <summary>Whether it has ended by settling. Written by its pump before it says that it has ended.</summary>
    public bool HasSettled { get; private set; }

    /// <summary>The key of the subject whose data it has; null when it has none.</summary>
    public SubjectKey? Subject => _journal.Input.Subject;

    public string Workflow => _row.Workflow;

    /// <summary>The attempt of the execution. A body that runs belongs to it.</summary>
    public int ExecutionAttempt => _journal.Attempt;

    /// <summary>The time, as the database is taken to have it.</summary>
    public Instant Now => _shared.Clock.Now;

    /// <summary>Whether this process leaves the execution to others, so that nothing is to be found out here.</summary>
    public bool IsLeaving => _stopping || _ended;

    /// <summary>Whether two or more crashes since it last got further make it a suspect.</summary>
    public bool IsSuspect => _row.BarrenCrashes >= 2;

    /// <summary>
    /// Services for this activation, made when first asked for and disposed of when its last body has ended.
    /// </summary>
    public IServiceProvider Services
    {
        get
        {
            lock (_gate)
            {
                if (_shared.Services is NoServices)
                {
                    return _shared.Services;
                }

                _scope ??= _shared.Services.CreateAsyncScope();
                return _scope.Value.ServiceProvider;
            }
        }
    }

    public AsyncServiceScope CreateScope() => _shared.Services is NoServices
        ? throw new InvalidOperationException("A scoped step needs services: set HydraBuilder.Services or use a host.")
        : _shared.Services.CreateAsyncScope();

    Instant ITurnHost.Now() => _shared.Clock.Now;

    /// <summary>Takes in an event, from any thread.</summary>
    public void Hear(object heard)
    {
        Note(heard);
        Wake();
    }

    /// <summary>Asks for a round, from any thread.</summary>
    public void Wake()
    {
        if (TakePump())
        {
            _shared.Runtime.Post(this);
        }
    }

    public void Execute()
    {
        while (Pump() is { } body && GoOnWith(body) is { } ended)
        {
            Note(ended);
            if (!TakePump())
            {
                return;
            }
        }
    }

    /// <summary>Makes rounds until nobody asks for another.</summary>
    /// <returns>A body that this thread goes on with, now that it no longer has the pump.</returns>
    private BodyRun? Pump()
    {
        BodyRun? body;
        do
        {
            Volatile.Write(ref _pump, Pumping);
            try
            {
                Interlocked.Increment(ref _rounds);
                Round();
            }
            catch (Exception e) // A mistake of ours must cost one execution, not the process.
            {
                _shared.Log.ActivationBroken(Id, _row.Workflow, e);
                if (!_ended)
                {
                    End(null);
                    _shared.GiveUp(this, Failures.From(e));
                }
            }
            finally
            {
                Interlocked.Increment(ref _rounds);
            }

            body = _goOnWith;
        }
        while (Interlocked.CompareExchange(ref _pump, Idle, Pumping) != Pumping);
        return body;
    }

    /// <summary>Takes the pump if nobody has it; whoever has it makes one more round otherwise.</summary>
    private bool TakePump()
    {
        while (true)
        {
            switch (Volatile.Read(ref _pump))
            {
                case Idle:
                    if (Interlocked.CompareExchange(ref _pump, Pumping, Idle) == Idle)
                    {
                        _goOnWith = null;
                        return true;
                    }

                    break;
                case Pumping:
                    if (Interlocked.CompareExchange(ref _pump, PumpAgain, Pumping) == Pumping)
                    {
                        return false;
                    }

                    break;
                default:
                    return false;
            }
        }
    }

    private void Note(object heard)
    {
        if (heard is TryEnded)
        {
            BodyEnded();
        }

        lock (_gate)
        {
            _heard.Add(heard);
        }
    }

    /// <summary>Fires a token from the pool, so that nothing behind it goes on inside a turn.</summary>
    public void CancelLater(CancellationTokenSource source) => _shared.Runtime.Post(new Cancellation(source));

    public void ReportViolation(string message) => _shared.Log.Violation(Id, _row.Workflow, message);

    private Task<Payload> CallCode() =>
        _definition.RunAsync(Services, new WorkflowContext(this), _journal.Input.Input, _shared.Serializer);

    private void Round()
    {
        lock (_gate)
        {
            (_heard, _taken) = (_taken, _heard);
        }

        foreach (var heard in _taken)
        {
            TakeIn(heard);
        }

        _taken.Clear();
        if (_ended)
        {
            DisposeWhenQuiet();
            return;
        }

        if (_settlement is null)
        {
            do
            {
                _loop.Pump();
            }
            while (FireDue());
            if (IsOver)
            {
                End(null);
                return;
            }

            Decide();
            if (IsOver) // Deciding may ask the user's predicate, which came back too late.
            {
                End(null);
                return;
            }

            TakeBackWithdrawn();
        }

        Submit();
    }

    private void TakeIn(object heard)
    {
        switch (heard)
        {
            case PendingAdvance advance:
                TakeAnswer(advance);
                break;
            case TryEnded ended when !_ended:
                TakeTry(ended);
                break;
            case MailArrived mail when !_ended:
                TakeMail(mail.Mail, mail.Requests);
                break;
            case LeaseLost when !_ended:
                LoseLease();
                break;
            case StopRequested stop when !_ended:
                Stop(stop.Now);
                break;
            case SubjectShredded when !_ended:
                _isShredded = true;
                break;
            case BodyTick when !_ended:
                RecordSlowBodies();
                break;
        }
    }

    /// <summary>The execution belongs to somebody else, who goes on with it.</summary>
    private void LoseLease()
    {
        _shared.Log.Fenced(Id, _row.Workflow);
        End(null);
    }

    private void TakeMail(long mail, ExecutionRequests requests)
    {
        _mail = Math.Max(_mail, mail);
        if (requests.HasFlag(ExecutionRequests.Cancel))
        {
            _loop.Arrive(new Arrival(EntryKind.Cancellation));
        }
    }

    /// <summary>Ends this activation, whatever became of the execution.</summary>
    /// <param name="dueAgain">When it is due again, if this process may claim it then.</param>
    /// <param name="ended">
    /// How the execution ended, when it did; those who wait for it look for themselves otherwise.
    /// </param>
    /// <param name="settled">What ended the ownership; null when somebody else did.</param>
    private void End(Instant? dueAgain, EndedExecution? ended = null, AdvanceOperation? settled = null)
    {
        HasSettled = settled is not null;
        _ended = true;
        EndSpan(settled);
        _loop.Drop();
        _timer?.Dispose();
        foreach (var advance in _inFlight)
        {
            advance.Withdraw();
        }

        if (_bodyTokens is { } tokens && Volatile.Read(ref _bodies) > 0)
        {
            CancelLater(tokens);
        }

        DisposeWhenQuiet();
        if (Interlocked.Exchange(ref _over, 1) == 0)
        {
            _shared.Ended(this, dueAgain);
        }

        _shared.Completions.Signal(Id, ended);
    }

    private void BodyStarted() => Interlocked.Increment(ref _bodies);

    private void BodyEnded() => Interlocked.Decrement(ref _bodies);

    /// <summary>The scope and the token outlive the activation until the last body has ended.</summary>
    private void DisposeWhenQuiet()
    {
        if (Volatile.Read(ref _bodies) > 0 || !_ended)
        {
            return;
        }

        AsyncServiceScope? scope;
        lock (_gate)
        {
            scope = _scope;
            _scope = null;
        }

        if (scope is { } disposable)
        {
            _shared.Runtime.Post(new ScopeDisposal(disposable, _shared.Log));
        }
    }
}
