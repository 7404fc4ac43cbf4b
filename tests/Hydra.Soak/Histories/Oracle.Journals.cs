namespace Hydra.Soak.Histories;

/// <content>What journals say: S3, S5, S8, S9, S10.</content>
internal sealed partial class Oracle
{
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

    /// <summary>S8: whoever reads the journal later sees what was there before, and what has come since.</summary>
    private IEnumerable<Violation> ReplaySeesTheSame(ObservedExecution execution)
    {
        var readings = Samples(execution).Append(execution).ToList();
        foreach (var (before, after) in readings.Zip(readings.Skip(1)))
        {
            foreach (var (seen, index) in before.Entries.Select((entry, index) => (entry, index)))
            {
                var now = after.Entries.ElementAtOrDefault(index);
                if ((seen.Seq, seen.Kind, seen.Key, seen.Input) != (now?.Seq, now?.Kind, now?.Key, now?.Input))
                {
                    yield return new("S8", $"{execution.Id}: epoch {before.Epoch} saw {Word(seen)}, but epoch "
                        + $"{after.Epoch} {(now is null ? "nothing" : Word(now))}.");
                }
            }
        }
    }

    /// <summary>S8: within one attempt of the execution, all owners give a step of one key the same input.</summary>
    /// <remarks>
    /// The journal alone cannot show that, for it only has what was delivered. An attempt that follows a failed one may
    /// come to its steps in another order, and name them otherwise, where nothing had come of them. At which position a
    /// step was issued does not show; a build that came to another one would refuse the execution.
    /// </remarks>
    private IEnumerable<Violation> EveryOwnerGivesTheSame(ObservedExecution execution)
    {
        var begun = _bodies[execution.Id].Where(body => body.Begins)
            .Select(body => (Key: body.Step, Attempt: execution.AttemptOf(body.Epoch), body.Epoch, body.Input));
        var recorded = execution.Recorded
            .Select(one => (one.Key, Attempt: execution.AttemptOf(one.Epoch), one.Epoch, one.Input));
        foreach (var step in begun.Concat(recorded).GroupBy(one => (one.Key, one.Attempt)))
        {
            var inputs = step.DistinctBy(one => one.Input).ToList();
            if (inputs.Count > 1)
            {
                yield return new("S8", $"{execution.Id}: '{step.Key.Key}' has in attempt {step.Key.Attempt} the "
                    + $"inputs {string.Join(" and ", inputs.Select(one => $"{one.Input} at epoch {one.Epoch}"))}.");
            }
        }
    }

    /// <summary>S8: no build refuses to replay what builds like it have recorded.</summary>
    private IEnumerable<Violation> NobodyRefuses(ObservedExecution execution)
    {
        foreach (var reading in Samples(execution).Append(execution))
        {
            if (reading.Refusals.Count > 0 || reading.BlockedReason == "mismatch")
            {
                yield return new("S8", $"{execution.Id} was refused: {string.Join(", ", reading.Refusals)}.");
                yield break;
            }
        }
    }

    private static string Word(ObservedEntry entry) =>
        $"{entry.Kind} '{entry.Key}' of {entry.Input} at seq {entry.Seq}";

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
}
