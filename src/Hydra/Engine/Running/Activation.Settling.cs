using Hydra.Engine.Replay;
using Hydra.Storage;

namespace Hydra.Engine.Running;

/// <content>What to do when the loop has come to rest, and how the ownership ends.</content>
internal sealed partial class Activation
{
    private static readonly RetryPolicy AttemptRetry = new();

    /// <summary>
    /// How long a new attempt may wait for something foreign that an earlier one had got, before its code is judged.
    /// </summary>
    internal static readonly TimeSpan ForeignPatience = TimeSpan.FromMinutes(5);

    private Instant _judgedAt = Instant.Never;
    private int _judgedOver; // How many outcomes the code had been given when its time began.
    private bool _isShredded;

    /// <summary>What an earlier attempt has committed for a step that is given another input now.</summary>
    private Mismatch? _unlikeLanded;

    private void Decide()
    {
        if (_loop.NewEntries.Exists(static entry => entry.Kind is EntryKind.Cancellation or EntryKind.Timeout))
        {
            CancelBodies();
        }

        if (_isShredded)
        {
            EndFailed(Shredded.Failure); // Whatever its code makes of it: nobody would read the outcome.
        }
        else if (_loop.Mismatch is { } mismatch)
        {
            Refuse(mismatch);
        }
        else if (HasLeftResultBehind())
        {
            EndFailed(ResultLeftBehind(_journal));
        }
        else if (_unlikeLanded is { } unlike)
        {
            EndFailed(ResultLeftBehind(unlike));
        }
        else if (_loop.Escaped is { } escaped)
        {
            AbandonBodies();
            EndAttempt(escaped);
        }
        else if (_loop.Code!.IsCompleted)
        {
            if (!_loop.IsReplaying)
            {
                EndCode();
            }
        }
        else if (IsJournalFull)
        {
            EndFailed(JournalFull());
        }
        else if (_stopping)
        {
            if (_runningCalls.Count == 0 || _stoppingNow)
            {
                TakeBackBegins();
                Settle(new Settlement.Released { LastSeq = _journal.LastSeq });
            }
        }
        else
        {
            GoOn();
        }
    }

    private void GoOn()
    {
        if (_loop.IsReplaying)
        {
            WaitForForeign();
            return;
        }

        StartBodies();
        if (_loop.HasWork && _judgedAt == Instant.Never)
        {
            return; // The next round delivers it.
        }

        var due = Instant.Min(NextDue(), _judgedAt);
        if (HasOnlyDurableWaits())
        {
            Settle(new Settlement.Suspended(ExecutionState.Sleeping, due, _mail)
            {
                LastSeq = _journal.LastSeq,
                WaitsFor = KeyOfFirst(due),
            });
        }
        else
        {
            ArmTimer(due);
        }
    }

    /// <summary>Whether nothing runs and every call waits for a time that is worth leaving memory for.</summary>
    private bool HasOnlyDurableWaits()
    {
        if (_loop.IsCatchingUp || _runningCalls.Count > 0 || _loop.Calls.Count == 0)
        {
            return false;
        }

        var now = _shared.Clock.Now;
        for (var call = _loop.Calls.First; call is not null; call = call.Next)
        {
            var isDurableWait = call switch
            {
                SleepCall sleep => !sleep.Fired,
                StepCall { RetryAt: { } retryAt } => retryAt.Since(now) > ShortDelay,
                _ => false,
            };
            if (!isDurableWait)
            {
                return false;
            }
        }

        return true;
    }

    private void EndCode()
    {
        try
        {
            var output = _loop.Code!.GetAwaiter().GetResult();
            AbandonBodies();
            Finish(ExecutionState.Completed, output);
        }
        catch (OperationCanceledException e) when (_journal.EndDelivered)
        {
            AbandonBodies();
            _failureType = e.GetType().FullName;
            Finish(StateAfter(e, _journal), EngineJson.Write(Failures.From(e)));
        }
        catch (UnreadableInputException e)
        {
            Refuse(new Mismatch(e.Message));
        }
        catch (Exception e)
        {
            AbandonBodies();
            EndAttempt(e);
        }
    }

    private void EndAttempt(Exception e)
    {
        var failure = Failures.From(e);
        _failureType = failure.Type;
        var mayRetry = _journal.Attempt < _row.MaxAttempts
            && !_journal.EndDelivered
            && !failure.NonRetryable
            && IsWorthRetrying(_options.RetryWhen, e);
        if (!mayRetry)
        {
            _shared.Log.ExecutionFailed(Id, _row.Workflow, failure.Type);
            Finish(ExecutionState.Failed, EngineJson.Write(failure));
            return;
        }

        if (_row.Deadline <= _shared.Clock.Now)
        {
            FinishTimedOut(failure);
            return;
        }

        if (IsJournalFull)
        {
            EndFailed(JournalFull());
            return;
        }

        var policy = AttemptRetry with
        {
            Backoff = _row.RetryBackoff,
            MaxBackoff = _row.RetryBackoff > AttemptRetry.MaxBackoff ? _row.RetryBackoff : AttemptRetry.MaxBackoff,
        };
        var delay = policy.DelayAfter(_journal.Attempt, _shared.Runtime.NextChance());
        _shared.Log.AttemptFailed(Id, _row.Workflow, _journal.Attempt, failure.Type, delay);
        var attempt = _journal.Attempt;
        AppendOwn(new JournalEntry
        {
            Seq = _journal.LastSeq + 1,
            Kind = EntryKind.AttemptFailed,
            Failed = true,
            Input = EngineJson.Write(CarriedFailures.Find(_journal, e)),
            Output = EngineJson.Write(failure),
            At = TimeOfEnd(),
            StartedAt = _loop.Time,
            Attempt = attempt,
            Epoch = Epoch,
            Worker = _shared.Worker.WorkerId,
        });
        Settle(new Settlement.Retry(delay) { LastSeq = _journal.LastSeq });
    }

    /// <summary>
    /// The time was up before the code could be told, so that no attempt follows the one that failed.
    /// </summary>
    private void FinishTimedOut(Failure failure)
    {
        _shared.Log.ExecutionFailed(Id, _row.Workflow, failure.Type);
        Finish(ExecutionState.TimedOut, EngineJson.Write(new Failure(
            typeof(WorkflowTimedOutException).FullName!,
            $"The execution's timeout has passed, and attempt {_journal.Attempt} failed: {failure.Message}",
            Inner: [failure],
            NonRetryable: true)));
    }

    private void EndFailed(Failure failure)
    {
        AbandonBodies();
        _failureType = failure.Type;
        _shared.Log.ExecutionFailed(Id, _row.Workflow, failure.Type);
        Finish(ExecutionState.Failed, EngineJson.Write(failure));
    }

    /// <summary>
    /// Whether a result of an earlier attempt will not be asked for. Nobody can see what else the code awaits; so where
    /// the earlier attempt had got something foreign before it asked, this one is given time to get it too.
    /// </summary>
    private bool HasLeftResultBehind()
    {
        if (!_loop.MayGetForeign)
        {
            _judgedAt = Instant.Never;
            return _loop.HasLeftResultBehind;
        }

        var now = _shared.Clock.Now;
        if (_judgedAt == Instant.Never || _judgedOver != _loop.Delivered)
        {
            (_judgedAt, _judgedOver) = (now.Plus(ForeignPatience), _loop.Delivered); // What came begins another wait.
        }

        return _judgedAt <= now;
    }

    /// <summary>What an attempt fails with that does not ask for a result of an earlier one.</summary>
    public static Failure ResultLeftBehind(Journal journal) => ResultLeftBehind(
        $"Attempt {journal.Attempt} did not ask for the result of '{journal.Landed[0].Key}', which an earlier "
        + "attempt had: the code had acted on the failure that ended it.");

    /// <summary>The state in which an execution ends, or its attempt, when an exception escapes the code.</summary>
    public static ExecutionState StateAfter(Exception escaped, Journal journal) =>
        escaped is not OperationCanceledException || !journal.EndDelivered ? ExecutionState.Failed
        : escaped is WorkflowTimedOutException || !HasOutcome(journal, EntryKind.Cancellation) ? ExecutionState.TimedOut
        : ExecutionState.Cancelled;

    private Failure ResultLeftBehind(Mismatch unlike) => ResultLeftBehind(
        $"Attempt {_journal.Attempt} did not ask for a result that an earlier attempt had. {unlike.Message} The code "
        + "had acted on the failure that ended it, or has changed.");

    private static Failure ResultLeftBehind(string what) => new(
        "Hydra.ResultLeftBehind", $"{what} Trying again would redo undone work.", NonRetryable: true);

    private void Finish(ExecutionState state, Payload output)
    {
        AppendOwn(TerminalEntry(_journal.LastSeq + 1, state != ExecutionState.Completed, output));
        Settle(new Settlement.Finished(state) { LastSeq = _journal.LastSeq });
    }

    private JournalEntry TerminalEntry(long seq, bool failed, Payload output)
    {
        var now = TimeOfEnd();
        return new JournalEntry
        {
            Seq = seq,
            Kind = EntryKind.Terminal,
            Failed = failed,
            Output = output,
            At = now,
            StartedAt = now,
            Attempt = _journal.Attempt,
            Epoch = Epoch,
            Worker = _shared.Worker.WorkerId,
        };
    }

    private Instant TimeOfEnd() => Instant.Max(_shared.Clock.Now, Instant.Max(_loop.Time, _journal.LastTime));

    private void AppendOwn(JournalEntry entry)
    {
        _journal.Append(entry);
        _loop.NewEntries.Add(entry);
    }

    private void Refuse(Mismatch mismatch)
    {
        _failureType = mismatch.ToFailure().Type;
        _shared.Log.Refused(Id, _row.Workflow, _shared.Build);
        TakeBackBegins();
        Settle(new Settlement.Refused(_shared.Build, EngineJson.Write(mismatch.ToFailure()))
        {
            LastSeq = _journal.LastSeq,
        });
    }

    private void Settle(Settlement settlement) => _settlement = settlement;

    /// <summary>Bodies that outlive the attempt are told to stop, and recorded.</summary>
    private void AbandonBodies()
    {
        TakeBackBegins();
        if (_runningCalls.Count == 0)
        {
            return;
        }

        foreach (var step in _runningCalls)
        {
            if (!step.Body!.TryPrevent())
            {
                AddTry(step, TryPhase.Abandoned, error: null, retryAt: null);
            }
        }

        CancelBodies();
    }

    private void Stop(bool now)
    {
        _stopping = true;
        _stoppingNow |= now;
        CancelBodies();
    }

    private bool IsJournalFull =>
        _journal.Entries.Count >= _shared.Serializer.Limits.JournalEntries
        || _journal.Bytes >= _shared.Serializer.Limits.JournalBytes;

    private Failure JournalFull()
    {
        var limits = _shared.Serializer.Limits;
        return new Failure(
            "Hydra.JournalLimit",
            $"The journal has {_journal.Entries.Count:N0} entries and {_journal.Bytes:N0} bytes; the limits are "
            + $"{limits.JournalEntries:N0} and {limits.JournalBytes:N0}. Split the work over several executions, "
            + "or raise Limits.JournalEntries or Limits.JournalBytes.",
            NonRetryable: true);
    }

    private static bool HasOutcome(Journal journal, EntryKind kind)
    {
        foreach (var outcome in journal.Outcomes)
        {
            if (outcome.Kind == kind)
            {
                return true;
            }
        }

        return false;
    }
}
