namespace Hydra.Soak.Histories;

/// <summary>Judges what a run has left behind: the clients' records, the executions and the side effects.</summary>
/// <remarks>
/// It knows nothing of how the engine works, only what must hold. It compares orders and epochs rather than clocks
/// wherever it can: a begin that stands behind another in the file was written later, whatever the time.
/// </remarks>
internal sealed class Oracle(History history)
{
    private readonly ILookup<(string Execution, string Step), SideEffect> _effects =
        history.Effects.ToLookup(effect => (effect.Execution, effect.Step));

    public static IReadOnlyList<Violation> Judge(History history)
    {
        var oracle = new Oracle(history);
        return
        [
            .. oracle.StartsAreDurable(),
            .. oracle.StartsAreIdempotent(),
            .. history.Executions.SelectMany(oracle.JudgeExecution),
        ];
    }

    private IEnumerable<Violation> JudgeExecution(ObservedExecution execution) =>
    [
        .. HistoryIsWrittenOnce(execution),
        .. NothingRunsAgainAfterItsCheckpoint(execution),
        .. FencedAttemptsStop(execution),
        .. OwnersAreFenced(execution),
        .. ResultsAreNotInvented(execution),
        .. ThereIsOneEnd(execution),
        .. TimersAreNotEarly(execution),
    ];

    /// <summary>S1: an acknowledged start is exactly one execution with the submitted input; nothing else is.</summary>
    private IEnumerable<Violation> StartsAreDurable()
    {
        foreach (var start in history.Starts.Where(start => start.Outcome == StartOutcome.Acknowledged))
        {
            var found = history.Executions.Where(execution => execution.Id == start.Id).ToList();
            if (found is not [var execution])
            {
                yield return new("S1", $"The start of '{start.Key}' was acknowledged as {start.Id}, "
                    + $"of which there are {found.Count}.");
            }
            else if ((execution.Workflow, execution.Key, execution.Input) != (start.Workflow, start.Key, start.Input))
            {
                yield return new("S1", $"{start.Id} has not the workflow, key and input it was started with: "
                    + $"{execution.Workflow}, {execution.Key}, {execution.Input}.");
            }
        }

        foreach (var execution in history.Executions.Where(execution => !history.Starts.Any(start =>
            start.Id == execution.Id || (start.Outcome == StartOutcome.Unknown && start.Key == execution.Key))))
        {
            yield return new("S1", $"Nobody started {execution.Id} with key '{execution.Key}'.");
        }
    }

    /// <summary>S2: per key one execution; equal starts got it, others a conflict.</summary>
    private IEnumerable<Violation> StartsAreIdempotent()
    {
        foreach (var same in history.Executions.Where(execution => execution.Key is not null)
            .GroupBy(execution => execution.Key).Where(same => same.Count() > 1))
        {
            yield return new("S2", $"Key '{same.Key}' has {same.Count()} executions.");
        }

        foreach (var starts in history.Starts.GroupBy(start => start.Key))
        {
            var acknowledged = starts.Where(start => start.Outcome == StartOutcome.Acknowledged).ToList();
            if (acknowledged.DistinctBy(start => start.Id).Count() > 1)
            {
                yield return new("S2", $"Starts with key '{starts.Key}' got different executions.");
            }

            if (acknowledged.DistinctBy(start => (start.Workflow, start.Input)).Count() > 1)
            {
                yield return new("S2", $"Starts of different work with key '{starts.Key}' were both acknowledged.");
            }

            if (starts.Any(start => start.Outcome == StartOutcome.Conflict)
                && starts.DistinctBy(start => (start.Workflow, start.Input)).Count() == 1)
            {
                yield return new("S2", $"A start with key '{starts.Key}' met a conflict, but all of them are equal.");
            }
        }
    }

    /// <summary>S3: seqs have no gaps, and what was once read stays as it was.</summary>
    private IEnumerable<Violation> HistoryIsWrittenOnce(ObservedExecution execution)
    {
        var seqs = execution.Entries.Select(entry => entry.Seq).ToList();
        if (!seqs.SequenceEqual(Enumerable.Range(0, seqs.Count).Select(seq => (long)seq)))
        {
            yield return new("S3", $"{execution.Id} has the seqs {string.Join(' ', seqs)}.");
            yield break;
        }

        foreach (var (sample, entry) in Samples(execution).SelectMany(
            sample => sample.Entries.Select(entry => (sample, entry))))
        {
            if (entry.Seq >= seqs.Count || execution.Entries[(int)entry.Seq].Fingerprint != entry.Fingerprint)
            {
                yield return new("S3", $"{execution.Id} once had at seq {entry.Seq}, when its epoch was "
                    + $"{sample.Epoch}: {entry.Fingerprint}. Now it has: "
                    + $"{(entry.Seq < seqs.Count ? execution.Entries[(int)entry.Seq].Fingerprint : "nothing")}.");
            }
        }
    }

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

    /// <summary>S5: epochs never go back, and no owner writes after it was replaced.</summary>
    private IEnumerable<Violation> OwnersAreFenced(ObservedExecution execution)
    {
        foreach (var (before, after) in execution.Entries.Zip(execution.Entries.Skip(1)))
        {
            if (after.Epoch < before.Epoch)
            {
                yield return new("S5", $"{execution.Id}: seq {after.Seq} has epoch {after.Epoch}, "
                    + $"but the one before it had {before.Epoch}.");
            }
        }

        foreach (var entry in execution.Entries)
        {
            if (entry.Epoch > execution.Epoch)
            {
                yield return new("S5", $"{execution.Id}: seq {entry.Seq} has epoch {entry.Epoch}, "
                    + $"but the execution is at {execution.Epoch}.");
            }

            foreach (var crash in execution.CrashHistory.Where(crash =>
                entry.Epoch <= crash.Epoch && entry.AtMicros > crash.AtMicros))
            {
                yield return new("S5", $"{execution.Id}: seq {entry.Seq} of epoch {entry.Epoch} was written at "
                    + $"{entry.AtMicros}, after the end of epoch {crash.Epoch} at {crash.AtMicros}.");
            }
        }

        foreach (var sample in Samples(execution))
        {
            if (sample.Epoch > execution.Epoch)
            {
                yield return new("S5", $"{execution.Id} was at epoch {sample.Epoch}, now at {execution.Epoch}.");
            }

            foreach (var entry in execution.Entries.Where(entry =>
                entry.Seq > sample.LastSeq && entry.Epoch < sample.Epoch))
            {
                yield return new("S5", $"{execution.Id}: seq {entry.Seq} of epoch {entry.Epoch} was written "
                    + $"when the epoch was {sample.Epoch} already.");
            }
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

    /// <summary>S9: one end, nothing after it, never another, and the same for every reader.</summary>
    private IEnumerable<Violation> ThereIsOneEnd(ObservedExecution execution)
    {
        var ends = execution.Entries.Where(entry => entry.Kind == "terminal").ToList();
        if (ends.Count > 1)
        {
            yield return new("S9", $"{execution.Id} ends {ends.Count} times.");
        }

        if (ends.Count == 1 && ends[0].Seq != execution.LastSeq)
        {
            yield return new("S9", $"{execution.Id} ends at seq {ends[0].Seq} and goes on to {execution.LastSeq}.");
        }

        if (ends.Count == 1 != execution.IsTerminal || ends.Any(end => end.State != execution.State))
        {
            yield return new("S9", $"{execution.Id} is {execution.State}, but its journal ends as "
                + $"{ends.FirstOrDefault()?.State ?? "nothing"}.");
        }

        foreach (var sample in Samples(execution).Where(sample => sample.IsTerminal && sample.State != execution.State))
        {
            yield return new("S9", $"{execution.Id} was {sample.State} and is {execution.State}.");
        }

        var output = execution.State == "completed" ? execution.Output : null;
        foreach (var read in history.Results.Where(read =>
            read.Id == execution.Id && (read.State != execution.State || read.Output != output)))
        {
            yield return new("S9", $"{execution.Id} was read as {read.State} with {read.Output}, "
                + $"but is {execution.State} with {output}.");
        }
    }

    /// <summary>S10: every timer fired once, and not before its time.</summary>
    private static IEnumerable<Violation> TimersAreNotEarly(ObservedExecution execution)
    {
        foreach (var fired in execution.Entries.Where(entry => entry.Kind == "sleep")
            .GroupBy(entry => entry.Key).Where(fired => fired.Count() > 1))
        {
            yield return new("S10", $"{execution.Id}: '{fired.Key}' fired {fired.Count()} times.");
        }

        // What the code had been told when it called: outcomes that a later attempt has cut away do not count.
        var outcomes = new List<ObservedEntry>();
        foreach (var entry in execution.Entries)
        {
            if (entry is { Kind: "sleep", ForMicros: { } length })
            {
                var called = entry.Position == 0
                    ? execution.StartedMicros ?? 0
                    : outcomes.ElementAtOrDefault(entry.Position - 1)?.AtMicros ?? 0;
                if (entry.AtMicros < called + length)
                {
                    yield return new("S10", $"{execution.Id}: '{entry.Key}' of {length} us fired after "
                        + $"{entry.AtMicros - called} us.");
                }
            }

            if (entry.Kind == "attemptFailed")
            {
                outcomes.RemoveAll(outcome => outcome.Seq >= entry.TruncateAt);
            }
            else if (entry.Kind is not ("input" or "terminal"))
            {
                outcomes.Add(entry);
            }
        }
    }

    private IEnumerable<ObservedExecution> Samples(ObservedExecution execution) =>
        history.Samples.Where(sample => sample.Id == execution.Id);
}
