using Hydra.Engine.Replay;
using Hydra.Storage;

namespace Hydra.Engine.Running;

/// <content>The bodies of steps, and the timers.</content>
internal sealed partial class Activation
{
    /// <summary>Delays up to this long keep the execution in memory; longer ones are durable waits.</summary>
    private static readonly TimeSpan ShortDelay = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan LongestTimer = TimeSpan.FromHours(1);

    private readonly PriorityQueue<SleepCall, (Instant Due, int Order)> _sleeps = new(); // Empty, it has no array.
    private int _sleepOrder;
    private bool _timeoutFired;
    private bool _anyForegone;

    private readonly List<StepCall> _runningCalls = [];
    private List<StepCall>? _told; // Whose bodies begin, as a row says, and have not ended; most have none.

    private BodyRun? _goOnWith; // Belongs to whoever has the pump.

    /// <summary>
    /// Whether a body may begin: not once this is told to stop, and not in a process that has slept past its lease.
    /// </summary>
    public bool MayBegin => !_stopping && !_ended && _shared.Lease.Holds;

    private void StartBodies()
    {
        if (_loop.IsCatchingUp)
        {
            return;
        }

        var now = _shared.Clock.Now;
        var recovers = HasToRecover();
        for (var call = _loop.Calls.First; call is not null; call = call.Next)
        {
            if (call is StepCall { IsRunning: false, FailureInFlight: false } step
                && (!recovers || step.HasLanded)
                && (step.RetryAt is null || step.RetryAt <= now)
                && (_loop.MayTakeEffect(step) || _shared.Runtime.Planted == PlantedFault.NoBarrier)
                && MayBegin
                && (step.HasLanded || !IsToldBefore(step) || IsTold(step, now)))
            {
                StartBody(step, now);
            }
        }
    }

    /// <summary>Whether a result has landed that was never delivered: no body begins before it is.</summary>
    private bool HasToRecover()
    {
        if (_tried is null)
        {
            return false;
        }

        for (var call = _loop.Calls.First; call is not null; call = call.Next)
        {
            if (call is StepCall { HasLanded: true })
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Whether it must be durable that a body begins before it does: of a body that begins at most once, and of any in
    /// a suspect that has not got further, since nothing else would name the step that crashes its process at once.
    /// </summary>
    private bool IsToldBefore(StepCall step) =>
        step.AtMostOnce || (IsSuspect && _loop.DurableSeq <= _row.LastSeq && (step.StartRecorded || MayTell(step)));

    /// <summary>
    /// Whether its input fits beside what is told already: what is there for people to read must not become a batch
    /// that a database cannot take.
    /// </summary>
    private bool MayTell(StepCall step) =>
        _newTries.Count == 0 || _newTryBytes + step.Input.Length <= MostToldBytes;

    /// <summary>Whether it is durable that a body begins; records it at first, or next time.</summary>
    private bool IsTold(StepCall step, Instant now)
    {
        if (!step.StartRecorded && step.Foregone.IsNone && MayTell(step))
        {
            (_told ??= []).Add(step);
            step.StartRecorded = true;
            step.BeginInFlight = !step.AtMostOnce || _shared.Runtime.Planted != PlantedFault.BeginNotDurable;
            step.StartedAt = now;
            AddTry(step, step.AtMostOnce ? TryPhase.BegunOnce : TryPhase.Started, error: null, retryAt: null);
        }

        return step is { StartRecorded: true, BeginInFlight: false, Foregone.IsNone: true };
    }

    private TryEnded? GoOnWith(BodyRun body)
    {
        _shared.Runtime.BeginBody();
        try
        {
            return body.Run();
        }
        finally
        {
            _shared.Runtime.EndBody();
        }
    }

    private void StartBody(StepCall step, Instant now)
    {
        step.IsRunning = true;
        step.StartedAt = now;
        _runningCalls.Add(step);
        BodyStarted();
        var context = new StepContext(
            Id, step.Key, step.Attempt, Epoch, _shared.Worker.WorkerId, _shared.Session);
        var token = (_bodyTokens ??= new CancellationTokenSource()).Token;
        var body = new BodyRun(this, step, context, _shared, token);
        step.Body = body;
        if (_goOnWith is null && _shared.Runtime.MayGoOn)
        {
            _goOnWith = body;
        }
        else
        {
            _shared.Runtime.Post(body);
        }
    }

    /// <summary>
    /// Fires the tokens of the bodies that a delivered cancellation or timeout has ended; later calls get new ones.
    /// </summary>
    private void CancelBodies()
    {
        if (_bodyTokens is { } tokens)
        {
            _bodyTokens = null;
            CancelLater(tokens);
        }
    }

    /// <summary>Lets sleeps that are over and a timeout that has passed arrive.</summary>
    private bool FireDue()
    {
        if (_loop.IsReplaying || _loop.Mismatch is not null || _loop.Code!.IsCompleted)
        {
            return false;
        }

        var now = _shared.Clock.Now;
        var fired = false;
        while (_sleeps.TryPeek(out var sleep, out var when) && (sleep.Done || when.Due <= now))
        {
            _sleeps.Dequeue();
            if (!sleep.Done)
            {
                sleep.Fired = fired = true;
                _loop.Arrive(new Arrival(EntryKind.Sleep, sleep));
            }
        }

        if (_anyForegone && !_loop.IsCatchingUp)
        {
            fired |= FailForegone();
        }

        if (_row.Deadline <= now && !_timeoutFired)
        {
            _timeoutFired = fired = true;
            _loop.Arrive(new Arrival(EntryKind.Timeout));
        }

        return fired;
    }

    /// <summary>Fails the steps whose bodies begin at most once and have begun before.</summary>
    private bool FailForegone()
    {
        var failed = false;
        for (var call = _loop.Calls.First; call is not null; call = call.Next)
        {
            if (call is StepCall { Foregone.IsNone: false, IsRunning: false } step)
            {
                step.IsRunning = failed = true;
                step.StartedAt = _shared.Clock.Now;
                _loop.Arrive(new Arrival(
                    EntryKind.Step, step, step.Foregone, Failed: true, step.Attempt, step.StartedAt));
            }
        }

        _anyForegone = false;
        return failed;
    }

    /// <summary>
    /// Takes back that bodies begin of which that was told, where this owner knows that they did not and will not.
    /// </summary>
    /// <param name="which">Of which calls none begins any more. Said again, it is written again.</param>
    private void TakeBackBegins(Func<StepCall, bool> which)
    {
        if (_told is null)
        {
            return;
        }

        foreach (var step in _told)
        {
            if (which(step) && (step.Body is null || step.Body.TryPrevent()))
            {
                step.IsTakenBack = true;
                AddTry(step, TryPhase.NotBegun, error: null, retryAt: null);
            }
        }
    }

    private void TakeBackBegins() => TakeBackBegins(static _ => true);

    /// <summary>Takes it back of bodies for which nobody waits any more, since the execution goes on.</summary>
    private void TakeBackWithdrawn() => TakeBackBegins(static step => step is { Done: true, IsTakenBack: false });

    /// <summary>The earliest moment at which something happens by itself; never when nothing does.</summary>
    private Instant NextDue()
    {
        var now = _shared.Clock.Now; // What is due and does not run waits for something else than time.
        var due = _sleeps.TryPeek(out _, out var when) ? when.Due : Instant.Never;
        for (var call = _loop.Calls.First; call is not null; call = call.Next)
        {
            if (call is StepCall { IsRunning: false, RetryAt: { } retryAt } && retryAt > now)
            {
                due = Instant.Min(due, retryAt);
            }
        }

        return due;
    }

    /// <summary>The key of the call that goes on at a moment, for people to read.</summary>
    private string KeyOfFirst(Instant due)
    {
        for (var call = _loop.Calls.First; call is not null; call = call.Next)
        {
            if (call is SleepCall sleep && sleep.Due == due || call is StepCall step && step.RetryAt == due)
            {
                return call.Key;
            }
        }

        return "";
    }

    private void ArmTimer(Instant due)
    {
        if (_row.Deadline is { } deadline && !_timeoutFired)
        {
            due = Instant.Min(due, deadline);
        }

        if (due != Instant.Never)
        {
            WakeAt(due);
        }
    }

    private void WakeAt(Instant due)
    {
        var wait = _shared.Clock.Until(due) + TimeSpan.FromMilliseconds(1); // Timers round down.
        wait = wait < LongestTimer ? wait : LongestTimer;
        if (_timer is null)
        {
            _timer = _shared.Runtime.Time.CreateTimer(
                static state => ((Activation)state!).Wake(), this, wait, Timeout.InfiniteTimeSpan);
        }
        else
        {
            _timer.Change(wait, Timeout.InfiniteTimeSpan);
        }
    }
}
