using Hydra.Engine.Replay;
using Hydra.Storage;

namespace Hydra.Engine.Running;

/// <content>The bodies of steps, their tries, and the timers.</content>
internal sealed partial class Activation
{
    /// <summary>Delays up to this long keep the execution in memory; longer ones are durable waits.</summary>
    private static readonly TimeSpan ShortDelay = TimeSpan.FromSeconds(1);

    /// <summary>After this long a body gets a row that says that it has begun.</summary>
    private static readonly TimeSpan SlowBody = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan LongestTimer = TimeSpan.FromHours(1);

    private readonly PriorityQueue<SleepCall, (Instant Due, int Order)> _sleeps = new(); // Empty, it has no array.
    private int _sleepOrder;
    private bool _timeoutFired;
    private bool _anyForegone;

    private readonly List<StepCall> _runningCalls = [];

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
                && (!step.AtMostOnce || step.HasLanded || MayBeginOnce(step, now)))
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

    /// <summary>Whether a body that begins at most once may: once it is durable that it does.</summary>
    private bool MayBeginOnce(StepCall step, Instant now)
    {
        if (!step.StartRecorded && step.Foregone.IsNone)
        {
            step.StartRecorded = true;
            step.BeginInFlight = _shared.Runtime.Planted != PlantedFault.BeginNotDurable;
            step.StartedAt = now;
            AddTry(step, TryPhase.BegunOnce, error: null, retryAt: null);
        }

        return !step.BeginInFlight && step.Foregone.IsNone;
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
        step.StartRecorded = step.AtMostOnce;
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

    private void TakeTry(TryEnded ended)
    {
        var step = ended.Call;
        _runningCalls.Remove(step);
        if (ended.Error is LandingRefusedException { IsFenced: true })
        {
            if (_settlement is null) // Otherwise it may be that one which has ended the ownership; its answer tells.
            {
                LoseLease();
            }

            return;
        }

        if (!ended.Began)
        {
            step.IsRunning = false; // It may begin once the lease holds again, unless nobody waits for it.
        }
        else if (step.Done)
        {
            if (step.Transaction is not null && ended.Error is null)
            {
                return; // What it has committed says so itself.
            }

            AddTry(step, TryPhase.Abandoned, ended.Error, retryAt: null); // Nobody waits for it: for audit only.
        }
        else if (ended.Error is BrokenResultException broken)
        {
            throw broken; // This build gives the execution up.
        }
        else if (ended.Landed is { } landed && !step.HasSameInput(landed.Input))
        {
            GiveUp(step, landed);
        }
        else if (ended.Error is null)
        {
            WarnIfLarge(ended.Output, step.Key);
            NoteCommitted(step);
            _loop.Arrive(new Arrival(
                EntryKind.Step,
                step,
                ended.Output,
                Failed: false,
                ended.Landed?.Attempt ?? step.Attempt,
                ended.Landed?.StartedAt ?? step.StartedAt));
        }
        else if (_stopping)
        {
            step.IsRunning = false; // Its token had fired: whatever it throws, a shutdown is no failed try.
        }
        else if (MayTryAgain(step, ended.Error))
        {
            _shared.Log.StepFailed(Id, step.Key, step.Attempt, ended.Error.GetType().Name);
            var delay = step.Retry.DelayAfter(step.FailedTries + 1, _shared.Runtime.NextChance());
            step.RetryAt = _shared.Clock.Now.Plus(delay);
            AddTry(step, TryPhase.Failed, ended.Error, step.RetryAt);
            step.Attempt++;
            step.FailedTries++;
            step.FailureInFlight = _shared.Runtime.Planted != PlantedFault.TryNotDurable;
            step.IsRunning = false;
        }
        else
        {
            var failure = Failures.From(ended.Error);
            var recorded = EngineJson.Write(
                step.AtMostOnce ? failure with { NonRetryable = true } : failure); // Nor is the execution.
            _loop.Arrive(new Arrival(EntryKind.Step, step, recorded, Failed: true, step.Attempt, step.StartedAt));
        }
    }

    /// <summary>The code gives a step another input than that with which its result was committed.</summary>
    private void GiveUp(StepCall step, StepTry landed)
    {
        if (landed.ExecutionAttempt < _journal.Attempt)
        {
            _unlikeLanded = Comparison.OfLanded(landed, step);
        }
        else
        {
            _loop.Refuse(Comparison.OfLanded(landed, step));
        }
    }

    private void WarnIfLarge(Payload payload, string step)
    {
        if (payload.Length > _shared.Serializer.Limits.PayloadWarningBytes)
        {
            _shared.Log.LargePayload(Id, payload.Length, step);
        }
    }

    private bool MayTryAgain(StepCall step, Exception error) =>
        !step.AtMostOnce
        && step.FailedTries + 1 < step.Retry.MaxAttempts
        && !Failures.IsNonRetryable(error)
        && IsWorthRetrying(step.Retry.RetryWhen, error);

    /// <summary>Asks the user's predicate; one that fails itself is no reason to try again.</summary>
    private bool IsWorthRetrying(Func<Exception, bool>? retryWhen, Exception error)
    {
        try
        {
            return retryWhen?.Invoke(error) ?? true;
        }
        catch (Exception e) // User code in the middle of a round: it must not end the process.
        {
            ReportViolation($"RetryWhen itself failed with {e.GetType().Name}; nothing is tried again.");
            return false;
        }
    }

    private void AddTry(StepCall step, TryPhase phase, Exception? error, Instant? retryAt) => _newTries.Add(new StepTry
    {
        Key = step.Key,
        Attempt = step.Attempt,
        Epoch = Epoch,
        Phase = phase,
        ExecutionAttempt = _journal.Attempt,
        Input = step.Input,
        Failure = error is null ? default : EngineJson.Write(Failures.From(error)),
        StartedAt = step.StartedAt,
        EndedAt = phase.SaysBegun() ? null : _shared.Clock.Now,
        RetryAt = retryAt,
        Worker = _shared.Worker.WorkerId,
    });

    private void RecordSlowBodies()
    {
        var now = _shared.Clock.Now;
        foreach (var step in _runningCalls)
        {
            if (!step.StartRecorded && step.Body!.HasBegun && now.Since(step.StartedAt) >= SlowBody)
            {
                step.StartRecorded = true;
                AddTry(step, TryPhase.Started, error: null, retryAt: null);
            }
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
    /// Takes back that bodies begin which do so at most once, where this owner knows that they did not and will not.
    /// </summary>
    private void TakeBackBegins()
    {
        for (var call = _loop.Calls.First; call is not null; call = call.Next)
        {
            if (call is StepCall { AtMostOnce: true, StartRecorded: true, Foregone.IsNone: true } step
                && (step.Body is null || step.Body.TryPrevent()))
            {
                AddTry(step, TryPhase.NotBegun, error: null, retryAt: null);
            }
        }
    }

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
