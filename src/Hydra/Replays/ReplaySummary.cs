namespace Hydra;

/// <summary>Counts reports by workflow and verdict. Not safe from several threads at once.</summary>
public sealed class ReplaySummary
{
    private readonly Dictionary<(string Workflow, ReplayVerdict Verdict), int> _counts = [];

    /// <summary>How many executions were counted.</summary>
    public int Total { get; private set; }

    /// <summary>How many of them do not match: a worker of this build would refuse, fail or never claim them.</summary>
    public int Broken { get; private set; }

    /// <summary>The numbers, by workflow and verdict, in order.</summary>
    public IReadOnlyList<ReplayCount> Counts =>
    [
        .. _counts
            .Select(static one => new ReplayCount(one.Key.Workflow, one.Key.Verdict, one.Value))
            .OrderBy(static count => count.Workflow, StringComparer.Ordinal)
            .ThenBy(static count => count.Verdict),
    ];

    /// <summary>Counts a report.</summary>
    /// <param name="report">What came of one execution.</param>
    public void Add(ReplayReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        Add(report.Row.Workflow, report.Verdict);
    }

    /// <summary>Counts an execution.</summary>
    /// <param name="workflow">The durable name of its workflow.</param>
    /// <param name="verdict">What came of it.</param>
    public void Add(string workflow, ReplayVerdict verdict)
    {
        ArgumentNullException.ThrowIfNull(workflow);
        Total++;
        Broken += verdict == ReplayVerdict.Matches ? 0 : 1;
        _counts[(workflow, verdict)] = _counts.GetValueOrDefault((workflow, verdict)) + 1;
    }
}
