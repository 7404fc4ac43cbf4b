using System.Diagnostics;
using System.Diagnostics.Metrics;
using Hydra.Storage;

namespace Hydra.Engine.Observing;

/// <summary>What one engine counts. Every call costs next to nothing while nobody listens.</summary>
/// <remarks>
/// Labels are names out of the code (namespace, workflow, step) and words of a closed list, never an id or a key. Who
/// listens is the user's code and runs in the middle of ours, so that its faults end here.
/// </remarks>
internal sealed partial class EngineMetrics : IDisposable
{
    /// <summary>What came of a start that was written into a transaction of the caller's.</summary>
    public const string Enlisted = "enlisted";

    internal const int MostWorkflows = 200;
    internal const int MostSteps = 1_000;
    internal const int MostSchedules = 200;

    private readonly EngineInstruments _to;
    private readonly KeyValuePair<string, object?> _namespace;
    private readonly LabelLimit<string> _workflows = new(MostWorkflows);
    private readonly LabelLimit<(string Workflow, string Step)> _steps = new(MostSteps);
    private readonly LabelLimit<string> _schedules = new(MostSchedules);
    private readonly TimeProvider _time;

    public EngineMetrics(string @namespace, TimeProvider time, IMeterFactory? factory)
    {
        Namespace = @namespace;
        _namespace = new("namespace", @namespace);
        _time = time;
        _to = EngineInstruments.Of(factory);
        _to.Add(this);
    }

    public string Namespace { get; }

    /// <summary>The meter that it all goes to.</summary>
    public Meter Meter => _to.Meter;

    /// <summary>Whether anybody wants to know what ends.</summary>
    public bool CountsEnds => _to.Workflows.Enabled || _to.WorkflowDuration.Enabled;

    /// <summary>Whether anybody wants to know what becomes durable of executions.</summary>
    public bool WatchesAdvances =>
        CountsEnds || _to.Settlements.Enabled || _to.WorkflowRetries.Enabled || _to.Sleeps.Enabled;

    public bool CountsCalls => _to.DatabaseOperations.Enabled;

    public bool WatchesCommits => CountsCalls || _to.FlushSize.Enabled || _to.FlushDuration.Enabled
        || _to.FencedWrites.Enabled || _to.Starts.Enabled;

    public bool TimesSteps => _to.StepDuration.Enabled;

    public bool CountsClaims => _to.Claims.Enabled;

    public void Dispose() => _to.Remove(this);

    /// <summary>The time in the unit of <see cref="TimeSince"/>.</summary>
    public long Now => _time.GetTimestamp();

    public TimeSpan TimeSince(long begun) => _time.GetElapsedTime(begun);

    /// <summary>Lets the series of workflows begin at zero: a first end must be seen as an increase.</summary>
    public void Begin(IEnumerable<string> workflows)
    {
        foreach (var workflow in _to.Workflows.Enabled ? workflows : [])
        {
            foreach (var state in Enum.GetValues<ExecutionState>().Where(static state => state.IsTerminal()))
            {
                Add(_to.Workflows, 0, Tags(workflow, "status", StatusOf(state)));
            }
        }
    }

    /// <summary>An execution has ended, as is durable.</summary>
    /// <param name="workflow">Its workflow.</param>
    /// <param name="state">How it ended.</param>
    /// <param name="startedAt">When its first attempt began; null when none did, and then it has no duration.</param>
    /// <param name="at">When it ended.</param>
    public void Ended(string workflow, ExecutionState state, Instant? startedAt, Instant at)
    {
        if (CountsEnds)
        {
            var tags = Tags(workflow, "status", StatusOf(state));
            Add(_to.Workflows, 1, tags);
            if (startedAt is { } begun)
            {
                Record(_to.WorkflowDuration, Math.Max(0, at.Since(begun).TotalSeconds), tags);
            }
        }
    }

    /// <summary>Somebody has ended an execution from outside, who knows nothing but its id.</summary>
    public async Task CountEndAsync(ExecutionId id, IWorkflowQueries queries)
    {
        if (!CountsEnds)
        {
            return;
        }

        ExecutionRow? row = null;
        try
        {
            row = await queries.FindAsync(id, CancellationToken.None);
        }
        catch (Exception) // It has ended all the same.
        {
        }

        if (row?.FinishedAt is { } at)
        {
            Ended(row.Workflow, row.State, row.StartedAt, at);
        }
        else
        {
            Ended(LabelLimit<string>.Others, ExecutionState.Cancelled, startedAt: null, at: default);
        }
    }

    public void Settled(string workflow, string outcome)
    {
        if (_to.Settlements.Enabled)
        {
            Add(_to.Settlements, 1, Tags(workflow, "outcome", outcome));
        }
    }

    public void WorkflowRetried(string workflow)
    {
        if (_to.WorkflowRetries.Enabled)
        {
            Add(_to.WorkflowRetries, 1, Tags(workflow));
        }
    }

    public void Slept(string workflow)
    {
        if (_to.Sleeps.Enabled)
        {
            Add(_to.Sleeps, 1, Tags(workflow));
        }
    }

    public void StepRetried(string workflow, string step)
    {
        if (_to.StepRetries.Enabled)
        {
            Add(_to.StepRetries, 1, StepTags(workflow, step));
        }
    }

    public void StepEnded(string workflow, string step, string status, TimeSpan time)
    {
        if (_to.StepDuration.Enabled)
        {
            var tags = StepTags(workflow, step);
            tags.Add("status", status);
            Record(_to.StepDuration, time.TotalSeconds, tags);
        }
    }

    public void Claimed(string workflow)
    {
        if (_to.Claims.Enabled)
        {
            Add(_to.Claims, 1, Tags(workflow));
        }
    }

    public void Started(string workflow, string outcome)
    {
        if (_to.Starts.Enabled)
        {
            Add(_to.Starts, 1, Tags(workflow, "outcome", outcome));
        }
    }

    /// <summary>The store was called.</summary>
    /// <param name="operation">What it did, in snake case.</param>
    /// <param name="failed">Whether it threw.</param>
    public void Called(string operation, bool failed)
    {
        if (_to.DatabaseOperations.Enabled)
        {
            var tags = new TagList { _namespace, new("operation", operation), new("status", failed ? "failed" : "ok") };
            Add(_to.DatabaseOperations, 1, tags);
        }
    }

    public void Flushed(int operations, TimeSpan time)
    {
        var tags = new TagList { _namespace };
        Record(_to.FlushSize, operations, tags);
        Record(_to.FlushDuration, time.TotalSeconds, tags);
    }

    public void Fenced() => Add(_to.FencedWrites, 1, new TagList { _namespace });

    public void Recovered(int executions) => Add(_to.Recoveries, executions, new TagList { _namespace });

    /// <summary>An execution that had ended is deleted, as is durable.</summary>
    public void Pruned(string workflow, ExecutionState state)
    {
        if (_to.PrunedWorkflows.Enabled)
        {
            Add(_to.PrunedWorkflows, 1, Tags(workflow, "status", StatusOf(state)));
        }
    }

    public void LostSession() => Add(_to.LostSessions, 1, new TagList { _namespace });

    /// <summary>The word for how an execution ended, as in JSON.</summary>
    public static string StatusOf(ExecutionState state) => state switch
    {
        ExecutionState.Completed => "completed",
        ExecutionState.Failed => "failed",
        ExecutionState.Cancelled => "cancelled",
        _ => "timedOut",
    };

    private TagList Tags(string workflow) => new() { _namespace, new("workflow", LabelOf(workflow)) };

    private TagList Tags(string workflow, string name, string value)
    {
        var tags = Tags(workflow);
        tags.Add(name, value);
        return tags;
    }

    private TagList StepTags(string workflow, string step)
    {
        var tags = Tags(workflow);
        tags.Add("step", _steps.Admits((workflow, step)) ? step : LabelLimit<string>.Others);
        return tags;
    }

    private string LabelOf(string workflow) => _workflows.Admits(workflow) ? workflow : LabelLimit<string>.Others;

    private static void Add(Counter<long> counter, long count, in TagList tags)
    {
        try
        {
            counter.Add(count, in tags);
        }
        catch (Exception) // A listener's own; there is nowhere to tell.
        {
        }
    }

    private static void Record<T>(Histogram<T> histogram, T value, in TagList tags) where T : struct
    {
        try
        {
            histogram.Record(value, in tags);
        }
        catch (Exception) // The same.
        {
        }
    }
}
