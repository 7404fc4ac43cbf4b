using Hydra.Engine.Replay;
using Hydra.Storage;

namespace Hydra.Engine.Running;

/// <content>How tries of steps end, and what is recorded of them.</content>
internal sealed partial class Activation
{
    /// <summary>After this long a body gets a row that says that it has begun.</summary>
    private static readonly TimeSpan SlowBody = TimeSpan.FromSeconds(1);

    /// <summary>A fraction of what the servers take at once by default, 16 MiB for MariaDB.</summary>
    private const int MostToldBytes = 1024 * 1024;

    private void TakeTry(TryEnded ended)
    {
        var step = ended.Call;
        _runningCalls.Remove(step);
        if (ended.Began)
        {
            _told?.Remove(step);
        }

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
            GiveUp(broken);
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
        else
        {
            TakeFailure(step, ended.Error);
        }
    }

    private void TakeFailure(StepCall step, Exception error)
    {
        if (_stopping)
        {
            step.IsRunning = false; // Its token had fired: whatever it throws, a shutdown is no failed try.
        }
        else if (error is LandingRefusedException { IsConflict: true } && step.Repeats < TransactionRun.MostRepeats)
        {
            BeginAnew(step);
        }
        else if (MayTryAgain(step, error))
        {
            TryAgain(step, error);
        }
        else
        {
            var failure = Failures.From(error);
            _shared.Log.StepGaveUp(Id, step.Key, step.Attempt, error.GetType().Name);
            var recorded = EngineJson.Write(
                step.AtMostOnce ? failure with { NonRetryable = true } : failure); // Nor is the execution.
            _loop.Arrive(new Arrival(EntryKind.Step, step, recorded, Failed: true, step.Attempt, step.StartedAt));
        }
    }

    /// <summary>
    /// Nobody can tell whether a transaction has committed: this build gives the execution up. Not where a settlement
    /// is under way: while bodies run that is never one behind which this goes on, and whoever owns the execution next
    /// finds what has been committed with its claim and fences what has not.
    /// </summary>
    private void GiveUp(BrokenResultException broken)
    {
        if (_settlement is null)
        {
            throw broken;
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

    private void TryAgain(StepCall step, Exception error)
    {
        _shared.Log.StepFailed(Id, step.Key, step.Attempt, error.GetType().Name);
        _shared.Metrics.StepRetried(_row.Workflow, step.Name);
        var delay = step.Retry.DelayAfter(step.FailedTries + 1, _shared.Runtime.NextChance());
        step.RetryAt = _shared.Clock.Now.Plus(delay);
        AddTry(step, TryPhase.Failed, error, step.RetryAt);
        step.FailedTries++;
        step.Repeats = 0;
        step.FailureInFlight = _shared.Runtime.Planted != PlantedFault.TryNotDurable;
        TakeNext(step);
    }

    /// <summary>The bar has taken the number of what was undone, which counts as no failed try.</summary>
    private void BeginAnew(StepCall step)
    {
        _shared.Log.TransactionRepeated(Id, step.Key, "a conflict at the commit");
        var pause = TransactionRun.PauseBefore(step.Repeats, _shared.Runtime.NextChance());
        step.RetryAt = _shared.Clock.Now.Plus(pause);
        step.Repeats++;
        TakeNext(step);
    }

    private static void TakeNext(StepCall step)
    {
        step.Attempt++;
        step.StartRecorded = false;
        step.Body = null;
        step.IsRunning = false;
    }

    private bool MayTryAgain(StepCall step, Exception error) =>
        !step.AtMostOnce
        && step.FailedTries + 1 < step.Retry.MaxAttempts
        && !Failures.IsNonRetryable(error)
        && IsWorthRetrying(step.Retry.RetryWhen, error);

    /// <summary>
    /// Asks the user's predicate, about what the database has thrown where that is why a transaction was undone. One
    /// that fails itself is no reason to try again.
    /// </summary>
    private bool IsWorthRetrying(Func<Exception, bool>? retryWhen, Exception error)
    {
        try
        {
            var thrown = error is LandingRefusedException { InnerException: { } cause } ? cause : error;
            return retryWhen?.Invoke(thrown) ?? true;
        }
        catch (Exception e) // User code in the middle of a round: it must not end the process.
        {
            ReportViolation($"RetryWhen itself failed with {e.GetType().Name}; nothing is tried again.");
            return false;
        }
    }

    private void AddTry(StepCall step, TryPhase phase, Exception? error, Instant? retryAt)
    {
        var row = new StepTry
        {
            Key = step.Key,
            Attempt = step.Attempt,
            Epoch = Epoch,
            Phase = phase,
            ExecutionAttempt = _journal.Attempt,
            Input = phase == TryPhase.NotBegun ? default : step.Input,
            Failure = error is null ? default : EngineJson.Write(Failures.From(error)),
            StartedAt = step.StartedAt,
            EndedAt = phase.SaysBegun() ? null : _shared.Clock.Now,
            RetryAt = retryAt,
            Worker = _shared.Worker.WorkerId,
        };
        _newTries.Add(row);
        _newTryBytes += row.Input.Length + row.Failure.Length;
    }

    private void ClearTries()
    {
        _newTries.Clear();
        _newTryBytes = 0;
    }

    private void RecordSlowBodies()
    {
        var now = _shared.Clock.Now;
        foreach (var step in _runningCalls)
        {
            if (!step.StartRecorded && step.Body!.HasBegun && now.Since(step.StartedAt) >= SlowBody && MayTell(step))
            {
                step.StartRecorded = true;
                AddTry(step, TryPhase.Started, error: null, retryAt: null);
            }
        }
    }
}
