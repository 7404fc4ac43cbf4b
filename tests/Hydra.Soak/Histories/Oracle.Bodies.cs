namespace Hydra.Soak.Histories;

/// <content>What bodies say that began and ended: S4, S6, S18.</content>
internal sealed partial class Oracle
{
    /// <summary>S4: no body begins under an epoch that knew its step's outcome, and none begins twice in one.</summary>
    private IEnumerable<Violation> NothingRunsAgainAfterItsCheckpoint(ObservedExecution execution)
    {
        foreach (var outcome in execution.Entries.Where(entry => entry.Kind == "step"))
        {
            foreach (var begin in _effects[(execution.Id, outcome.Key)].Where(effect => effect.Begins))
            {
                // Once a later attempt of the execution has set the outcome aside, the step goes on counting.
                var again = outcome.Superseded
                    ? begin.Epoch > outcome.Epoch && begin.Attempt <= outcome.Attempt
                    : begin.Epoch > outcome.Epoch
                        || (begin.Epoch == outcome.Epoch && begin.Attempt > outcome.Attempt);
                if (again)
                {
                    yield return new("S4", $"{execution.Id}: '{outcome.Key}' has its outcome of attempt "
                        + $"{outcome.Attempt} at epoch {outcome.Epoch}, but attempt {begin.Attempt} began at epoch "
                        + $"{begin.Epoch} in {begin.Worker}.");
                }
            }
        }

        var twice = history.Effects
            .Where(effect => effect.Begins && effect.Execution == execution.Id)
            .GroupBy(begin => (begin.Step, begin.Attempt, begin.Epoch))
            .Where(begins => begins.Count() > 1);
        foreach (var begins in twice)
        {
            yield return new("S4", $"{execution.Id}: '{begins.Key.Step}' began attempt {begins.Key.Attempt} "
                + $"{begins.Count()} times under epoch {begins.Key.Epoch}.");
        }
    }

    /// <summary>S4: an owner that was replaced begins no more bodies than it had in hand.</summary>
    private IEnumerable<Violation> FencedAttemptsStop(ObservedExecution execution)
    {
        var late = new Dictionary<long, int>();
        var highest = 0L;
        foreach (var begin in history.Effects.Where(effect => effect.Begins && effect.Execution == execution.Id))
        {
            var noticed = execution.CrashHistory.FirstOrDefault(crash => crash.Epoch == begin.Epoch).AtMicros;
            if (begin.Epoch < highest || (noticed > 0 && begin.UnixMicros > noticed))
            {
                late[begin.Epoch] = late.GetValueOrDefault(begin.Epoch) + 1;
            }

            highest = Math.Max(highest, begin.Epoch);
        }

        var width = ScriptShape.Width(execution.Input);
        foreach (var (epoch, count) in late.Where(pair => pair.Value > width))
        {
            yield return new("S4", $"{execution.Id}: {count} bodies began under epoch {epoch} after it had ended, "
                + $"but at most {width} can have been in hand.");
        }
    }

    /// <summary>S6: what is recorded as a result is what a body of that attempt and epoch came to.</summary>
    private IEnumerable<Violation> ResultsAreNotInvented(ObservedExecution execution)
    {
        foreach (var result in execution.Entries.Where(entry => entry is { Kind: "step", State: "completed" }))
        {
            var made = _effects[(execution.Id, result.Key)].Any(effect =>
                effect is { Begins: false, Ok: true } && effect.Epoch == result.Epoch
                && effect.Attempt == result.Attempt && effect.ValueHash == result.ValueHash);
            if (!made)
            {
                yield return new("S6", $"{execution.Id}: no body of '{result.Key}' came to {result.ValueHash} in "
                    + $"attempt {result.Attempt} under epoch {result.Epoch}.");
            }
        }
    }

    /// <summary>S18: the tries of a step have numbers without a gap; before each next one stands a failure.</summary>
    private IEnumerable<Violation> TriesAreNumbered(ObservedExecution execution)
    {
        var counted = execution.Recorded.Where(one => one.Counts).ToList();
        foreach (var step in counted.GroupBy(one => one.Key))
        {
            var numbers = step.Select(one => one.Attempt).Order().ToList();
            if (!numbers.SequenceEqual(Enumerable.Range(1, numbers.Count)))
            {
                yield return new("S18", $"{execution.Id}: '{step.Key}' has the attempts {string.Join(' ', numbers)}.");
            }

            if (step.Any(one => one.State == "completed" && one.Attempt < numbers.Count))
            {
                yield return new("S18", $"{execution.Id}: '{step.Key}' had failures after its success.");
            }
        }

        var failed = counted.Where(one => one.State == "failed").ToLookup(one => (one.Key, one.Attempt));
        foreach (var begin in _bodies[execution.Id].Where(body => body is { Begins: true, Attempt: > 1 }))
        {
            if (!failed[(begin.Step, begin.Attempt - 1)].Any(failure => failure.Epoch <= begin.Epoch))
            {
                yield return new("S18", $"{execution.Id}: attempt {begin.Attempt} of '{begin.Step}' began at epoch "
                    + $"{begin.Epoch} in {begin.Worker}, but the one before it has not failed.");
            }
        }
    }

    /// <summary>S18: what counts as a failure is one of the body, and one that the script has asked for.</summary>
    /// <remarks>
    /// A body that is told to stop throws as well, when its owner has lost the execution or leaves; that is no failure.
    /// </remarks>
    private IEnumerable<Violation> OnlyFailuresCount(ObservedExecution execution)
    {
        foreach (var failure in execution.Recorded.Where(one => one.State == "failed"))
        {
            if (!_effects[(execution.Id, failure.Key)].Any(effect => effect is { Begins: false, Ok: false }
                && (effect.Attempt, effect.Epoch) == (failure.Attempt, failure.Epoch)))
            {
                yield return new("S18", $"{execution.Id}: no body of '{failure.Key}' failed in attempt "
                    + $"{failure.Attempt} under epoch {failure.Epoch}.");
            }

            if (failure.Attempt > ScriptShape.FailTimes(execution.Input, failure.Input))
            {
                yield return new("S18", $"{execution.Id}: '{failure.Key}' of {failure.Input} failed in attempt "
                    + $"{failure.Attempt}, which no script has asked for.");
            }
        }
    }

    /// <summary>S18: a body that began is recorded, or its epoch ended in another way that is.</summary>
    /// <remarks>
    /// Which of the two a body was whose epoch has ended cannot be told: it may have failed, and its owner have died
    /// before that was recorded. Its number begins again then, so that no attempt is spent.
    /// </remarks>
    private IEnumerable<Violation> EveryBodyIsAccountedFor(ObservedExecution execution)
    {
        var recorded = execution.Recorded.Where(one => one.Ended)
            .Select(one => (one.Key, one.Attempt, one.Epoch)).ToHashSet();
        var ended = execution.CrashHistory.Select(crash => crash.Epoch)
            .Concat(execution.Entries
                .Where(entry => entry.Kind is "terminal" or "attemptFailed" or "cancellation")
                .Select(entry => entry.Epoch))
            .ToHashSet();
        foreach (var begin in _bodies[execution.Id].Where(body => body.Begins
            && !ended.Contains(body.Epoch) && !recorded.Contains((body.Step, body.Attempt, body.Epoch))))
        {
            yield return new("S18", $"{execution.Id}: attempt {begin.Attempt} of '{begin.Step}' began at epoch "
                + $"{begin.Epoch} in {begin.Worker}, and nothing tells what became of it.");
        }
    }

    /// <summary>S18: the execution's own attempts count its failures, and it fails once they are used up.</summary>
    private static IEnumerable<Violation> AttemptsOfTheWholeCount(ObservedExecution execution)
    {
        var failures = execution.Entries.Where(entry => entry.Kind == "attemptFailed").ToList();
        if (execution.Attempt != failures.Count + 1)
        {
            yield return new("S18", $"{execution.Id} is at attempt {execution.Attempt}, but {failures.Count} have "
                + "failed.");
        }

        // An attempt whose code ends with what is kept of those before it delivers nothing, not even its start.
        foreach (var (before, after) in execution.Entries.Zip(execution.Entries.Skip(1)).Where(two =>
            (two.Second.Kind == "attemptStarted") != (two.First.Kind == "attemptFailed")
            && two.Second.Kind is not ("attemptFailed" or "terminal")))
        {
            yield return new("S18", $"{execution.Id}: {Word(after)} follows {Word(before)}.");
        }

        var endsEarly = execution.State == "failed" && execution.Attempt < execution.MaxAttempts;
        if (endsEarly && execution.Cancellation is null)
        {
            yield return new("S18", $"{execution.Id} has failed at attempt {execution.Attempt} of "
                + $"{execution.MaxAttempts}.");
        }

        if (!ScriptShape.Fails(execution.Input) && failures.Find(failure => failure.Carried.Count == 0) is { } odd)
        {
            yield return new("S18", $"{execution.Id}: the attempt that failed at seq {odd.Seq} had no step that did.");
        }
    }

    /// <summary>S18: crashes are counted one by one, each under an epoch that was claimed for it.</summary>
    /// <remarks>
    /// Whether every owner that was taken for dead had died cannot be told from here: on a machine that is busy enough,
    /// one that lives is late.
    /// </remarks>
    private IEnumerable<Violation> CrashesAreCountedApart(ObservedExecution execution)
    {
        var epochs = execution.CrashHistory.Select(crash => crash.Epoch).ToList();
        if (epochs.Count != execution.Crashes || epochs.Zip(epochs.Skip(1)).Any(two => two.Second < two.First + 2))
        {
            yield return new("S18", $"{execution.Id} counts {execution.Crashes} crashes; they ended the epochs "
                + $"{string.Join(' ', epochs)}.");
        }

        // Taking it from the dead has an epoch of its own, which nobody owns.
        foreach (var epoch in epochs.Select(epoch => epoch + 1).Where(epoch =>
            execution.Entries.Any(entry => entry.Epoch == epoch)
            || _bodies[execution.Id].Any(body => body.Epoch == epoch)))
        {
            yield return new("S18", $"{execution.Id}: something ran under epoch {epoch}, which nobody had claimed.");
        }
    }
}
