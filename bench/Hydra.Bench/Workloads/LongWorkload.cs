using System.Diagnostics;
using System.Globalization;

namespace Hydra.Bench;

/// <summary>W13: one execution of many steps, and whether the last ones cost more than the first.</summary>
internal sealed class LongWorkload : Workload
{
    private const int Window = 1_000;

    public override string Id => "W13";

    public override async Task<Measurement> MeasureAsync(BenchContext bench)
    {
        var steps = Math.Max(4 * Window, bench.Count(20_000));
        await using var engine = await bench.OpenAsync(bench.Store.CreateDatabase(), bench.AmpleSlots);
        await bench.RunAsync(engine, BenchWorkflows.OneStep, bench.Count(2_000), steps: 1);
        BenchWorkflows.Begins.Clear();
        var usage = new Usage(bench.Store);
        var handle = await engine.Client.Workflow<int, Nothing>(BenchWorkflows.Long).StartAsync(steps);
        await handle.ResultAsync();
        var begins = BenchWorkflows.Begins;
        BenchContext.Expect(begins.Count == steps);
        var latencies = new Latencies(steps - 1);
        for (var i = 1; i < steps; i++)
        {
            latencies[i - 1] = Stopwatch.GetElapsedTime(begins[i - 1], begins[i]).TotalMilliseconds;
        }

        var (first, last) = (MedianMillis(begins, 0), MedianMillis(begins, steps - Window));
        var means = MeanMillis(begins, steps - Window) / MeanMillis(begins, 0);
        return usage.In(
            new Measurement
            {
                Workload = $"W13 {steps:N0} steps in one",
                Store = bench.Store.Name,
                Concurrency = 1,
                Unit = "steps/s",
                PerSecond = (steps - 1) / Stopwatch.GetElapsedTime(begins[0], begins[^1]).TotalSeconds,
                Remark = string.Create(
                    CultureInfo.InvariantCulture,
                    $"medians: first {Window:N0} {first:N3} ms, last {last:N3} ms, {last / first:N2} times; means: "
                    + $"{means:N2} times"),
            }.With(latencies),
            executions: 1);
    }

    private static double MedianMillis(List<long> begins, int from)
    {
        var window = new Latencies(Window - 1);
        for (var i = 1; i < Window; i++)
        {
            window[i - 1] = Stopwatch.GetElapsedTime(begins[from + i - 1], begins[from + i]).TotalMilliseconds;
        }

        return window.Percentile(0.50);
    }

    /// <summary>Which a few dear ones among many show in.</summary>
    private static double MeanMillis(List<long> begins, int from) =>
        Stopwatch.GetElapsedTime(begins[from], begins[from + Window - 1]).TotalMilliseconds / (Window - 1);
}
