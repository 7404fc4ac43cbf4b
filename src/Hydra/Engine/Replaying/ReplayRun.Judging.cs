using Hydra.Engine.Replay;
using Hydra.Engine.Running;
using Hydra.Storage;

namespace Hydra.Engine.Replaying;

/// <content>What a replay amounts to, once the code has come to rest behind what is recorded.</content>
internal sealed partial class ReplayRun
{
    private string? _unlikeLanded; // What was committed for a step that is given another input now.

    /// <summary>
    /// Lets results arrive that were committed in transactions and never delivered, as the next owner would.
    /// </summary>
    /// <returns>Whether the loop has something to deliver now.</returns>
    private bool DeliverLanded()
    {
        if (_details.Row.State.IsTerminal() || _loop.IsCatchingUp || _loop.Mismatch is not null
            || _loop.Code!.IsCompleted || _unlikeLanded is not null)
        {
            return false;
        }

        var arrived = false;
        foreach (var landed in _details.Tries.Where(one => one.IsResult()))
        {
            if (_loop.Calls.Find(landed.Key) is not StepCall { IsRunning: false } step)
            {
                continue;
            }

            if (!step.HasSameInput(landed.Input))
            {
                _unlikeLanded = Comparison.OfLanded(landed, step).Message;
                return false;
            }

            step.IsRunning = arrived = true; // It has arrived: not twice.
            _loop.Arrive(new Arrival(
                EntryKind.Step, step, landed.Output, Failed: false, landed.Attempt, landed.StartedAt));
        }

        return arrived;
    }

    /// <summary>Lets the first recorded outcome arrive again whose call the code has made as it did.</summary>
    private bool DeliverRecorded(DryRun dryRun)
    {
        if (_loop.IsReplaying || _loop.Mismatch is not null || _loop.Code!.IsCompleted
            || dryRun.TakeNext(_loop.Calls) is not { } outcome)
        {
            return false;
        }

        _now = outcome.At;
        _loop.Arrive(new Arrival(
            outcome.Kind,
            _loop.Calls.Find(outcome.Key),
            outcome.Output,
            outcome.Failed,
            outcome.Attempt,
            outcome.StartedAt));
        return true;
    }

    private ReplayReport Judge()
    {
        if (_loop.Code is { IsFaulted: true, Exception.InnerException: UnreadableInputException unreadable })
        {
            return Report(ReplayVerdict.Unreadable, unreadable.Message);
        }

        if (_loop.Mismatch is { } mismatch)
        {
            return Report(
                mismatch.IsUnreadable ? ReplayVerdict.Unreadable : ReplayVerdict.Differs,
                mismatch.Message + WhyItEnded());
        }

        if (_loop.AwaitedForeign is { } foreign)
        {
            return Report(
                ReplayVerdict.Differs,
                $"The journal recorded a continuation from outside at seq {foreign.Seq}: the code awaited something "
                + "other than a durable call. This time it did not wait for one, or did not get it within "
                + $"{_patience}.");
        }

        if (_unlikeLanded is not null)
        {
            return Report(ReplayVerdict.Differs, _unlikeLanded);
        }

        return JudgeEnd();
    }

    /// <summary>Nobody could tell from a call that is missing why the code did not get to it.</summary>
    private string WhyItEnded() => _loop.Code is { IsFaulted: true, Exception.InnerException: { } escaped }
        ? $" It ended with {Failures.From(escaped)}"
        : "";

    private ReplayReport JudgeEnd()
    {
        var found = FoundEnd();
        if (_dryRun is not null)
        {
            return Report(ReplayVerdict.Matches) with { FoundEnd = found };
        }

        var recorded = RecordedEnd();
        if (recorded is null)
        {
            WarnOfTries();
            WarnOfWaits(found);
            return Report(ReplayVerdict.Matches) with { FoundEnd = found };
        }

        var difference = EndComparison.Check(
            recorded, found, EndedFromOutside(recorded), Awaited(), IsSameOutput);
        return Report(difference is null ? ReplayVerdict.Matches : ReplayVerdict.Differs, difference) with
        {
            FoundEnd = found,
        };
    }

    private bool IsSameOutput(Payload recorded, Payload today) =>
        _definition.HasSameOutput(recorded, today, _setup.Serializer);

    /// <summary>How the code ends; null when it goes on.</summary>
    private ReplayEnd? FoundEnd()
    {
        if (_loop.HasLeftResultBehind)
        {
            return new ReplayEnd(ExecutionState.Failed, default, Activation.ResultLeftBehind(_journal));
        }

        if ((_loop.Escaped ?? _loop.Code!.Exception?.InnerException) is { } escaped)
        {
            return new ReplayEnd(Activation.StateAfter(escaped, _journal), default, Failures.From(escaped));
        }

        return _loop.Code switch
        {
            { IsCompletedSuccessfully: true } => new ReplayEnd(ExecutionState.Completed, _loop.Code.Result, null),
            { IsCanceled: true } => CancelledEnd(),
            _ => null,
        };
    }

    private ReplayEnd CancelledEnd()
    {
        try
        {
            _loop.Code!.GetAwaiter().GetResult();
            throw new InvalidOperationException("What is cancelled has no result.");
        }
        catch (OperationCanceledException e)
        {
            return new ReplayEnd(Activation.StateAfter(e, _journal), default, Failures.From(e));
        }
    }

    private ReplayEnd? RecordedEnd()
    {
        if (_details.Journal is not [.., { Kind: EntryKind.Terminal } last])
        {
            return null;
        }

        return last.Failed
            ? new ReplayEnd(_details.Row.State, default, EngineJson.ReadFailure(last.Output))
            : new ReplayEnd(_details.Row.State, last.Output, null);
    }

    /// <summary>
    /// Whether something else than the code has ended it: an operator, its timeout before the code was told, a limit,
    /// or a store that took something never. The code then stands somewhere in its middle.
    /// </summary>
    private bool EndedFromOutside(ReplayEnd recorded) => recorded switch
    {
        { State: ExecutionState.Cancelled } => !_journal.EndDelivered || recorded.Failure?.Type == "Hydra.Terminated",
        { State: ExecutionState.TimedOut } => !_journal.EndDelivered,
        { Failure.Type: "Hydra.JournalLimit" } => true,
        { Failure: { } failure } => failure.Type == typeof(StoreException).FullName,
        _ => false,
    };

    /// <summary>
    /// No outcome is recorded of a step that is still tried, so no worker compares it; its effects may be there all the
    /// same.
    /// </summary>
    private void WarnOfTries()
    {
        var recorded = _journal.Outcomes.Select(static entry => entry.Key).ToHashSet(StringComparer.Ordinal);
        var tried = _details.Tries
            .Where(one => one.ExecutionAttempt == _journal.Attempt
                && one.Phase is TryPhase.Started or TryPhase.BegunOnce or TryPhase.Failed or TryPhase.Landed
                && !recorded.Contains(one.Key))
            .DistinctBy(static one => one.Key, StringComparer.Ordinal);
        foreach (var one in tried)
        {
            if (Issued(one.Key) is not { } call)
            {
                Warn($"The step '{one.Key}' has begun or been tried, and today's code does not call it.");
            }
            else if (!one.Input.IsNone && !call.HasSameInput(one.Input))
            {
                Warn($"The step '{one.Key}' has begun or been tried with the input {Comparison.Show(one.Input)}, "
                    + $"but today's code gives it {Comparison.Show(call.Input)}.");
            }
        }
    }

    private void WarnOfWaits(ReplayEnd? found)
    {
        var row = _details.Row;
        if (row.State is ExecutionState.Sleeping or ExecutionState.Waiting && row.WaitsFor.Length > 0
            && Issued(row.WaitsFor) is null)
        {
            Warn($"The execution waits for '{row.WaitsFor}', and today's code does not.");
        }

        if (found is null && _loop.Calls.Count == 0)
        {
            Warn("The code awaits something other than a durable call.");
        }
    }

    private string Awaited() => _loop.Calls.Count == 0
        ? "something other than a durable call"
        : string.Join(", ", _loop.Calls.Outstanding.Select(Comparison.Describe));

    private ReplayReport Report(ReplayVerdict verdict, string? difference = null)
    {
        var isStuck = verdict == ReplayVerdict.NeverYields; // Then the code may still change what belongs to the loop.
        lock (_gate)
        {
            return new ReplayReport
            {
                Namespace = _details.Namespace,
                Row = _details.Row,
                Verdict = verdict,
                Difference = difference,
                Steps = Steps(isStuck),
                Calls = isStuck ? [] : [.. _loop.Calls.Outstanding.Select(Describe)],
                RecordedEnd = RecordedEnd(),
                Warnings = [.. _warnings],
            };
        }
    }

    private static ReplayReport Report(ExecutionDetails details, ReplayVerdict verdict, string difference) => new()
    {
        Namespace = details.Namespace,
        Row = details.Row,
        Verdict = verdict,
        Difference = difference,
    };

    private List<ReplayStep> Steps(bool isStuck)
    {
        var delivered = Math.Min(_loop.Delivered, _recorded);
        var isUnreadable = _loop.Mismatch?.IsUnreadable == true && _journal.Unknown is null
            && _loop.Delivered <= _recorded;
        var equal = isUnreadable ? Math.Max(delivered - 1, 0) : delivered; // The last one was taken, and not given.
        var steps = new List<ReplayStep>(delivered + 1);
        for (var i = 0; i < equal; i++)
        {
            var entry = _journal.Outcomes[i];
            var call = HasCall(entry) ? _issued.GetValueOrDefault(entry.Key) : null;
            steps.Add(new ReplayStep(entry, call is null ? null : Describe(call), IsEqual: true));
        }

        if (equal < _recorded && _loop.Mismatch is not null && !isStuck)
        {
            var entry = _journal.Outcomes[equal];
            steps.Add(new ReplayStep(entry, InPlaceOf(entry) is { } call ? Describe(call) : null, IsEqual: false));
        }

        foreach (var (entry, isTaken) in isStuck || equal < _recorded ? [] : _dryRun?.Behind ?? [])
        {
            var call = _issued.GetValueOrDefault(entry.Key);
            steps.Add(new ReplayStep(entry, call is null ? null : Describe(call), isTaken));
        }

        return steps;
    }

    /// <summary>
    /// What the code calls where an outcome answers something else: the same key, or what it called at the same place,
    /// or else what it awaits first.
    /// </summary>
    private Call? InPlaceOf(JournalEntry entry) => !HasCall(entry) ? null
        : _issued.GetValueOrDefault(entry.Key)
            ?? _loop.Calls.Outstanding.FirstOrDefault(call =>
                call.Position == entry.Position && call.Ordinal == entry.Ordinal)
            ?? _loop.Calls.First;

    private static bool HasCall(JournalEntry entry) => entry.Kind is EntryKind.Step or EntryKind.Sleep;
}
