using Hydra.Engine.Replay;
using Hydra.Engine.Running;
using Hydra.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Hydra.Engine.Replaying;

/// <summary>
/// Runs today's code over one recorded journal, as an activation would, and only looks at what it does.
/// </summary>
/// <remarks>
/// It has no store, no pipeline, no lease and no slot: there is nothing here that could write. Bodies are never begun
/// and sleeps never fire; what the loop itself delivers behind the last recorded outcome, such as the start of the
/// next attempt, stays in this object's memory. The one thing that cannot be kept from happening is what workflow code
/// does outside of its steps, which happens at every replay by a worker as well.
/// Rounds happen one at a time; the clock only says when patience has ended.
/// </remarks>
internal sealed partial class ReplayRun : IThreadPoolWorkItem, ITurnHost
{
    private readonly ReplaySetup _setup;
    private readonly ExecutionDetails _details;
    private readonly TimeSpan _patience;
    private readonly WorkflowDefinition _definition;
    private readonly Journal _journal;
    private readonly TurnLoop _loop;
    private readonly int _recorded; // Outcomes that are stored; the loop may append more of its own.
    private readonly DryRun? _dryRun;
    private Instant _now;
    private readonly TaskCompletionSource<ReplayReport> _done =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private IServiceProvider _services = NoServices.Instance;
    private AsyncServiceScope? _scope;
    private ITimer? _timer;
    private int _asked; // Rounds that were asked for and not made.
    private volatile bool _inRound;
    private volatile bool _isLate;
    private int _over;

    private ReplayRun(
        ReplaySetup setup,
        ExecutionDetails details,
        ReplayOptions options,
        WorkflowDefinition definition,
        Journal journal,
        DryRun? dryRun)
    {
        _setup = setup;
        _details = details;
        _patience = options.Patience;
        _definition = definition;
        _journal = journal;
        _dryRun = dryRun;
        _recorded = journal.Outcomes.Count;
        _now = journal.LastTime;
        var row = details.Row;
        _loop = new TurnLoop(this, journal, row.StartedAt ?? journal.Input.At, row.Epoch, worker: "", RunCode);
    }

    /// <summary>Replays an execution. What goes wrong with its code becomes a report, whatever it is.</summary>
    /// <param name="setup">The code.</param>
    /// <param name="details">What is recorded of the execution.</param>
    /// <param name="options">How long it may take, and from where a dry run goes on.</param>
    /// <param name="cancellationToken">Gives up waiting; code that does not come back goes on unheard.</param>
    /// <param name="plan">Plans another dry run than the options say.</param>
    /// <exception cref="ArgumentException">A dry run names a step without an outcome.</exception>
    public static async Task<ReplayReport> RunAsync(
        ReplaySetup setup,
        ExecutionDetails details,
        ReplayOptions options,
        CancellationToken cancellationToken,
        Func<ExecutionDetails, Journal, DryRun>? plan = null)
    {
        var row = details.Row;
        if (setup.Registry.Find(row.Workflow) is not { } definition)
        {
            var known = setup.Registry.Names is { Count: > 0 } names ? string.Join(", ", names) : "none";
            return Report(
                details,
                ReplayVerdict.UnknownWorkflow,
                $"No workflow '{row.Workflow}' is registered here, so no worker of this build claims it. Registered: "
                + $"{known}. A workflow that was renamed keeps its old name as an alias (WorkflowOptions.Aliases).");
        }

        Journal journal;
        try
        {
            setup.Check(definition.Name);
            details = Decode(setup, details);
            journal = new Journal(details.Journal);
        }
        catch (PayloadException e)
        {
            return Report(details, ReplayVerdict.Unreadable, e.Message);
        }
        catch (Exception e)
        {
            return Report(details, ReplayVerdict.CannotRun, e.Message);
        }

        var dryRun = plan is not null ? plan(details, journal) : options.IsDryRun ? DryRun.Of(journal, options) : null;
        try
        {
            var run = new ReplayRun(setup, details, options, definition, dryRun?.Kept ?? journal, dryRun);
            return await run.RunAsync(cancellationToken);
        }
        catch (PayloadException e)
        {
            return Report(details, ReplayVerdict.Unreadable, e.Message);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return Report(details, ReplayVerdict.CannotRun, e.Message);
        }
    }

    /// <exception cref="PayloadException">A payload of its journal cannot be decoded here.</exception>
    private static ExecutionDetails Decode(ReplaySetup setup, ExecutionDetails details) =>
        setup.Codec is not { } codec ? details : details with
        {
            Journal = [.. details.Journal.Select(entry => codec.Decode(details.Row.Id, entry))],
            Tries = [.. details.Tries.Select(row => codec.DecodeWhatCanBe(details.Row.Id, row))],
        };

    Instant ITurnHost.Now() => _now;

    /// <summary>A body's token fires in no replay: none has begun.</summary>
    void ITurnHost.CancelLater(CancellationTokenSource source)
    {
    }

    void ITurnHost.ReportViolation(string message) => Warn(message);

    /// <summary>Asks for a round, from any thread.</summary>
    public void Wake()
    {
        if (Interlocked.Increment(ref _asked) == 1)
        {
            _setup.Runtime.Post(this);
        }
    }

    public void Execute()
    {
        int asked;
        do
        {
            asked = Volatile.Read(ref _asked);
            Round();
        }
        while (Interlocked.Add(ref _asked, -asked) > 0);
    }

    private async Task<ReplayReport> RunAsync(CancellationToken cancellationToken)
    {
        if (_setup.Services is not NoServices)
        {
            _scope = _setup.Services.CreateAsyncScope();
            _services = _scope.Value.ServiceProvider;
        }

        // It ticks again and again, because code that is waited for may go on and then not come back.
        _timer = _setup.Runtime.Time.CreateTimer(
            static state => ((ReplayRun)state!).PatienceEnded(), this, _patience, _patience);
        await using var timer = _timer;
        Wake();
        return await _done.Task.WaitAsync(cancellationToken);
    }

    private Task<Payload> RunCode() => _definition.RunAsync(
        _services, new WorkflowContext(this), _journal.Input.Input, _setup.Serializer);

    private void Round()
    {
        if (Volatile.Read(ref _over) != 0)
        {
            return;
        }

        _inRound = true;
        try
        {
            do
            {
                _loop.Pump();
            }
            while (_dryRun is null ? DeliverLanded() : DeliverRecorded(_dryRun));
            if (IsAtRest())
            {
                End(Judge());
            }
        }
        catch (Exception e) // A mistake of ours, or a journal that makes no sense: one report, not the end of all.
        {
            End(Report(ReplayVerdict.CannotRun, $"The replay failed: {e}"));
        }
        finally
        {
            _inRound = false;
        }

        if (Volatile.Read(ref _over) != 0)
        {
            _loop.Drop();
        }
    }

    /// <summary>Whether nothing more comes by itself, or not in time.</summary>
    private bool IsAtRest()
    {
        if (_loop.Mismatch is not null || _loop.Code!.IsCompleted || _isLate)
        {
            return true;
        }

        var awaitsForeign = _loop.IsReplaying || _loop.MayGetForeign || _loop.Calls.Count == 0;
        return !awaitsForeign;
    }

    private void PatienceEnded()
    {
        if (_inRound && _setup.Runtime.IsDebugged)
        {
            return;
        }

        _isLate = true;
        if (_inRound)
        {
            End(Report(
                ReplayVerdict.NeverYields,
                $"The code ran for {_patience} without awaiting anything. Look for an endless loop, for long work "
                + "outside of a step, and for .Result or .Wait() on a durable call."));
        }
        else
        {
            Wake();
        }
    }

    private void End(ReplayReport report)
    {
        if (Interlocked.Exchange(ref _over, 1) != 0)
        {
            return;
        }

        _done.TrySetResult(report);
        if (_scope is { } scope)
        {
            _setup.Runtime.Post(new ScopeDisposal(scope, _setup.Log));
        }
    }
}
