using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;

namespace Hydra.Engine.Observing;

/// <summary>The instruments of the meter "Hydra": a set for each factory of meters, one for what has none.</summary>
/// <remarks>
/// Names and units are those that OpenTelemetry turns into the documented Prometheus names. Engines of one process that
/// share the set are told apart by their namespace; what each of them sees alike is told once.
/// </remarks>
internal sealed class EngineInstruments
{
    public const string Name = "Hydra";

    private static readonly Lazy<EngineInstruments> OfProcess = new(
        static () => new EngineInstruments(new Meter(new MeterOptions(Name) { Version = Version })));

    private static readonly ConditionalWeakTable<IMeterFactory, EngineInstruments> OfFactories = [];

    private static readonly InstrumentAdvice<double> WorkflowSeconds = new()
    {
        HistogramBucketBoundaries =
            [0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3_600, 14_400, 86_400, 604_800, 2_592_000],
    };

    private static readonly InstrumentAdvice<double> StepSeconds = new()
    {
        HistogramBucketBoundaries =
            [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600],
    };

    private static readonly InstrumentAdvice<double> LateSeconds = new()
    {
        HistogramBucketBoundaries =
            [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600, 14_400, 86_400],
    };

    private static readonly InstrumentAdvice<double> FlushSeconds = new()
    {
        HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    };

    private static readonly InstrumentAdvice<long> FlushSizes = new()
    {
        HistogramBucketBoundaries = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000],
    };

    private readonly ConditionalWeakTable<EngineMetrics, object?> _engines = []; // Of engines that nobody closed, too.

    private EngineInstruments(Meter meter)
    {
        Meter = meter;
        Workflows = meter.CreateCounter<long>(
            "hydra.workflows", "{workflow}", "Executions that have ended, by how they ended.");
        WorkflowDuration = meter.CreateHistogram(
            "hydra.workflow.duration", "s", "Time from the first attempt of an execution to its end.",
            tags: null, WorkflowSeconds);
        StepDuration = meter.CreateHistogram(
            "hydra.step.duration", "s", "Time that one try of a step's body took.", tags: null, StepSeconds);
        DatabaseOperations = meter.CreateCounter<long>(
            "hydra.database_operations", "{operation}", "Calls of the store, by what they do and whether they failed.");
        Starts = meter.CreateCounter<long>(
            "hydra.workflow.starts", "{start}", "Starts that were answered, by what came of them.");
        Settlements = meter.CreateCounter<long>(
            "hydra.settlements", "{settlement}", "Ends of ownership of an execution by its worker, by how it ended.");
        Claims = meter.CreateCounter<long>("hydra.claims", "{workflow}", "Executions that were claimed.");
        WorkflowRetries = meter.CreateCounter<long>(
            "hydra.workflow.retries", "{retry}", "Attempts of executions that failed and are followed by another.");
        StepRetries = meter.CreateCounter<long>(
            "hydra.step.retries", "{retry}", "Tries of steps that failed and are followed by another.");
        Sleeps = meter.CreateCounter<long>("hydra.sleeps", "{sleep}", "Durable sleeps that are over.");
        FencedWrites = meter.CreateCounter<long>(
            "hydra.fenced_writes", "{operation}", "Writes that were refused because another owner had taken over.");
        FlushSize = meter.CreateHistogram(
            "hydra.flush.size", "{operation}", "Operations that were committed together.", tags: null, FlushSizes);
        FlushDuration = meter.CreateHistogram(
            "hydra.flush.duration", "s", "Time that one commit took.", tags: null, FlushSeconds);
        Recoveries = meter.CreateCounter<long>(
            "hydra.recoveries", "{workflow}", "Executions that were taken back from dead workers.");
        LostSessions = meter.CreateCounter<long>(
            "hydra.lost_sessions", "{session}", "Sessions of live workers that others had taken for dead.");
        PrunedWorkflows = meter.CreateCounter<long>(
            "hydra.pruned_workflows", "{workflow}", "Executions that this process has deleted, by how they had ended.");
        ScheduleStarts = meter.CreateCounter<long>(
            "hydra.schedule.starts", "{start}", "Executions that schedules have started, by why.");
        ScheduleLateness = meter.CreateHistogram(
            "hydra.schedule.lateness", "s", "Time from an instant of a timetable to the start of its execution.",
            tags: null, LateSeconds);
        ScheduleSkips = meter.CreateCounter<long>(
            "hydra.schedule.skips", "{instant}", "Instants skipped because of executions that had not ended.");
        ScheduleGaps = meter.CreateCounter<long>(
            "hydra.schedule.gaps", "{gap}", "Times in which instants were missed that are not made up for.");
        ScheduleErrors = meter.CreateCounter<long>(
            "hydra.schedule.errors", "{error}", "Tries to fire a schedule that failed.");
        CreateGauges(meter);
    }

    public Meter Meter { get; }

    public Counter<long> Workflows { get; }

    public Histogram<double> WorkflowDuration { get; }

    public Histogram<double> StepDuration { get; }

    public Counter<long> DatabaseOperations { get; }

    public Counter<long> Starts { get; }

    public Counter<long> Settlements { get; }

    public Counter<long> Claims { get; }

    public Counter<long> WorkflowRetries { get; }

    public Counter<long> StepRetries { get; }

    public Counter<long> Sleeps { get; }

    public Counter<long> FencedWrites { get; }

    public Histogram<long> FlushSize { get; }

    public Histogram<double> FlushDuration { get; }

    public Counter<long> Recoveries { get; }

    public Counter<long> LostSessions { get; }

    public Counter<long> PrunedWorkflows { get; }

    public Counter<long> ScheduleStarts { get; }

    public Histogram<double> ScheduleLateness { get; }

    public Counter<long> ScheduleSkips { get; }

    public Counter<long> ScheduleGaps { get; }

    public Counter<long> ScheduleErrors { get; }

    private static string? Version => typeof(EngineInstruments).Assembly.GetName().Version?.ToString(3);

    /// <summary>The set of a factory, which keeps the engines of one host apart from others of the process.</summary>
    /// <param name="factory">The factory; null for the set of the process.</param>
    public static EngineInstruments Of(IMeterFactory? factory) => factory is null
        ? OfProcess.Value
        : OfFactories.GetValue(factory, static factory =>
            new EngineInstruments(factory.Create(new MeterOptions(Name) { Version = Version })));

    public void Add(EngineMetrics engine) => _engines.Add(engine, null);

    public void Remove(EngineMetrics engine) => _engines.Remove(engine);

    private void CreateGauges(Meter meter)
    {
        meter.CreateObservableUpDownCounter(
            "hydra.active_workflows", () => Measure(static engine => engine.Active(), Sum), "{workflow}",
            "Executions that run in this process.");
        meter.CreateObservableUpDownCounter(
            "hydra.slots", () => Measure(static engine => engine.Slots(), Sum), "{slot}",
            "Executions that this process runs at most.");
        meter.CreateObservableUpDownCounter(
            "hydra.slots_in_use", () => Measure(static engine => engine.SlotsInUse(), Sum), "{slot}",
            "Slots of this process that are taken.");

        // What the database knows, and every process alike: not to be added up over processes.
        meter.CreateObservableGauge(
            "hydra.due_workflows", () => Measure(static engine => engine.Due(), Most), "{workflow}",
            "Executions that are due and that no worker runs, in the whole namespace.");
        meter.CreateObservableGauge(
            "hydra.oldest_due.age", () => Measure(static engine => engine.OldestDue(), Most), "s",
            "For how long the first of those has been due; 0 when there is none.");
        meter.CreateObservableGauge(
            "hydra.quarantined_workflows", () => Measure(static engine => engine.Quarantined(), Most), "{workflow}",
            "Executions that are blocked because they crashed their workers, in the whole namespace.");
        meter.CreateObservableGauge(
            "hydra.mismatched_workflows", () => Measure(static engine => engine.Mismatched(), Most), "{workflow}",
            "Executions that are blocked because no build that tried can replay them, in the whole namespace.");
        meter.CreateObservableGauge(
            "hydra.live_workers", () => Measure(static engine => engine.LiveWorkers(), Most), "{worker}",
            "Workers whose leases have not ended, in the whole namespace.");
    }

    private static double Sum(double one, double other) => one + other;

    private static double Most(double one, double other) => Math.Max(one, other);

    /// <summary>What the engines tell, joined where they share a namespace: each series is told once.</summary>
    private List<Measurement<double>> Measure(
        Func<EngineMetrics, IEnumerable<(string? Workflow, double Value)>> read, Func<double, double, double> join)
    {
        var values = new SortedDictionary<(string Namespace, string? Workflow), double>();
        foreach (var (engine, _) in _engines)
        {
            foreach (var (workflow, value) in engine.Read(read))
            {
                var key = (engine.Namespace, workflow);
                values[key] = values.TryGetValue(key, out var other) ? join(other, value) : value;
            }
        }

        return [.. values.Select(static pair => new Measurement<double>(pair.Value, Tags(pair.Key)))];
    }

    private static KeyValuePair<string, object?>[] Tags((string Namespace, string? Workflow) key) =>
        key.Workflow is null
            ? [new("namespace", key.Namespace)]
            : [new("namespace", key.Namespace), new("workflow", key.Workflow)];
}
