namespace Hydra.Bench;

/// <summary>
/// One thing to measure. It opens what engines it needs on databases of its own and checks every result.
/// </summary>
internal abstract class Workload
{
    /// <summary>The short name, such as "W1".</summary>
    public abstract string Id { get; }

    /// <summary>How often it is measured; the round in the middle is told, because the machines are shared.</summary>
    public virtual int Rounds => 3;

    /// <summary>What puts the rounds in order: the speed, unless something else is asked for.</summary>
    public virtual double Rank(Measurement measured) => measured.PerSecond;

    /// <summary>Whether it needs processes that share a database.</summary>
    public virtual bool NeedsProcesses => false;

    /// <summary>Whether it needs a database in which somebody can hold on to an old snapshot.</summary>
    public virtual bool NeedsSnapshots => false;

    /// <summary>Whether it needs a database in whose transactions steps can write.</summary>
    public virtual bool NeedsTransactions => false;

    public abstract Task<Measurement> MeasureAsync(BenchContext bench);

    public static IReadOnlyList<string> Ids => [.. All.Select(static workload => workload.Id).Distinct()];

    public static IReadOnlyList<Workload> All { get; } =
    [
        new ThroughputWorkload("W1", "one-step workflows", BenchWorkflows.OneStep, steps: 1),
        new ThroughputWorkload("W2", "ten sequential steps", BenchWorkflows.TenSteps, steps: 10, countsSteps: true),
        new LatencyWorkload(),
        new SleepersWorkload(),
        new AgedWorkload(),
        new ThroughputWorkload("W6", "five sequential steps", BenchWorkflows.FiveSteps, steps: 5),
        new ProcessesWorkload(),
        new SnapshotWorkload(),
        new IdleClaimWorkload(),
        new BusyClaimWorkload(),
        new LongWorkload(),
        new ReplayWorkload(),
        new TransactionWorkload(),
        new PruneWorkload(),
    ];
}
