namespace Hydra.Soak.Histories;

/// <summary>Judges what a run has left behind: the clients' records, the executions and the side effects.</summary>
/// <remarks>
/// It knows nothing of how the engine works, only what must hold. It compares orders and epochs rather than clocks
/// wherever it can: a begin that stands behind another in the file was written later, whatever the time.
/// </remarks>
internal sealed partial class Oracle(History history)
{
    private readonly ILookup<(string Execution, string Step), SideEffect> _effects =
        history.Effects.ToLookup(effect => (effect.Execution, effect.Step));

    private readonly ILookup<string, SideEffect> _bodies = history.Effects.ToLookup(effect => effect.Execution);

    private readonly ILookup<string, CancelRecord> _cancels = history.Cancels.ToLookup(cancel => cancel.Id);

    public static IReadOnlyList<Violation> Judge(History history)
    {
        var oracle = new Oracle(history);
        return
        [
            .. oracle.StartsAreDurable(),
            .. oracle.StartsAreIdempotent(),
            .. oracle.NothingIsLostInCounting(),
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
        .. ReplaySeesTheSame(execution),
        .. EveryOwnerGivesTheSame(execution),
        .. NobodyRefuses(execution),
        .. ThereIsOneEnd(execution),
        .. TimersAreNotEarly(execution),
        .. NobodyIsCancelledUnasked(execution),
        .. AskedOnesStop(execution),
        .. AskedOnesBeginNoMore(execution),
        .. NothingFollowsACancellation(execution),
        .. CleanupFollowsACancellation(execution),
        .. TriesAreNumbered(execution),
        .. OnlyFailuresCount(execution),
        .. EveryBodyIsAccountedFor(execution),
        .. AttemptsOfTheWholeCount(execution),
        .. CrashesAreCountedApart(execution),
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

    /// <summary>S16: what was started is there, each in one state, and counting comes to what listing shows.</summary>
    /// <remarks>
    /// A count and a list are not of one moment: only those are judged between whose lists nothing has changed.
    /// </remarks>
    private IEnumerable<Violation> NothingIsLostInCounting()
    {
        foreach (var counts in history.Counts)
        {
            var listed = counts.Listed.Values.Sum();
            if (listed < counts.Acknowledged || listed > counts.Asked)
            {
                yield return new("S16", $"{listed} executions were listed when {counts.Acknowledged} starts of "
                    + $"{counts.Asked} had been acknowledged.");
            }

            foreach (var state in counts.Listed.Keys.Union(counts.Counted.Keys).Where(state =>
                counts.Listed.GetValueOrDefault(state) != counts.Counted.GetValueOrDefault(state)))
            {
                yield return new("S16", $"{counts.Counted.GetValueOrDefault(state)} executions were counted as "
                    + $"{state}, {counts.Listed.GetValueOrDefault(state)} were listed.");
            }
        }
    }

    private IEnumerable<ObservedExecution> Samples(ObservedExecution execution) =>
        history.Samples.Where(sample => sample.Id == execution.Id);
}
