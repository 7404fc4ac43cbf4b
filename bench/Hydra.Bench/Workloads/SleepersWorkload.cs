using System.Diagnostics;
using System.Globalization;

namespace Hydra.Bench;

/// <summary>W4: executions that sleep for 20 s, started at an even pace, and how late each goes on.</summary>
internal sealed class SleepersWorkload : Workload
{
    private const int StartsPerSecond = 1_000;
    private const int First = 1_000; // Their memory is not counted: buffers and caches grow to their size.

    private static readonly TimeSpan Sleep = TimeSpan.FromSeconds(20);

    public override string Id => "W4";

    /// <summary>The lag: the pace of the starts is given.</summary>
    public override double Rank(Measurement measured) => -measured.P99Millis;

    public override async Task<Measurement> MeasureAsync(BenchContext bench)
    {
        var count = Math.Clamp(bench.Count(10_000), 2 * First, StartsPerSecond * ((int)Sleep.TotalSeconds - 5));
        BenchWorkflows.Lags.Clear();
        await using var engine = await bench.OpenAsync(bench.Store.CreateDatabase(), bench.AmpleSlots);
        var workflow = engine.Client.Workflow<TimeSpan, Nothing>(BenchWorkflows.Sleeper);
        var usage = new Usage(bench.Store);
        var clock = Stopwatch.StartNew();
        await StartAsync(workflow, First, clock);
        await FallAsleepAsync(engine, First);
        var few = GC.GetTotalMemory(forceFullCollection: true);
        var pace = Stopwatch.StartNew();
        await StartAsync(workflow, count - First, pace);
        var perSecond = (count - First) / pace.Elapsed.TotalSeconds;
        BenchContext.Expect(perSecond > StartsPerSecond * 0.9, $"Only {perSecond:N0} sleepers a second were started.");
        await FallAsleepAsync(engine, count);
        var many = GC.GetTotalMemory(forceFullCollection: true);
        while (BenchWorkflows.Lags.Count < count)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100));
            BenchContext.Expect(clock.Elapsed < TimeSpan.FromMinutes(3));
        }

        var lags = new Latencies(count);
        foreach (var (index, lag) in BenchWorkflows.Lags.Index())
        {
            BenchContext.Expect(lag >= 0); // A sleep is never shorter than asked for.
            lags[index] = lag;
        }

        var bytes = (many - few) / (count - First);
        return usage.In(
            new Measurement
            {
                Workload = $"W4 {count:N0} sleepers: lag",
                Store = bench.Store.Name,
                Concurrency = count,
                PerSecond = perSecond,
                Unit = "starts/s",
                Remark = string.Create(CultureInfo.InvariantCulture, $"{bytes:N0} bytes a sleeper"),
            }.With(lags),
            count);
    }

    /// <summary>Waits until so many sleep: what is counted as their memory is of nothing else.</summary>
    private static async Task FallAsleepAsync(HydraEngine engine, int count)
    {
        for (var asleep = 0L; asleep < count;)
        {
            var statistics = await engine.Client.StatisticsAsync(count);
            asleep = statistics.Counts.Executions
                .Where(static one => one.State == ExecutionState.Sleeping)
                .Sum(static one => one.Count);
            BenchContext.Expect(BenchWorkflows.Lags.IsEmpty, "Sleepers woke before all slept: start fewer.");
        }
    }

    /// <summary>Starts executions at the pace; they fall asleep at once.</summary>
    private static async Task StartAsync(
        IWorkflowClient<IWorkflow<TimeSpan, Nothing>> workflow, int count, Stopwatch clock)
    {
        var starts = new List<Task>();
        for (var started = 0; started < count;)
        {
            for (var due = (int)(clock.Elapsed.TotalSeconds * StartsPerSecond);
                started < Math.Min(due, count);
                started++)
            {
                starts.Add(workflow.StartAsync(Sleep));
            }

            await Task.Delay(TimeSpan.FromMilliseconds(1));
        }

        await Task.WhenAll(starts);
    }
}
