using System.Diagnostics;
using System.Globalization;

namespace Hydra.Bench;

/// <summary>W3: one workflow of one step at a time, from the start to the result.</summary>
/// <remarks>It takes two commits, one after the other: the start, then the step with the end.</remarks>
internal sealed class LatencyWorkload : Workload
{
    public override string Id => "W3";

    public override async Task<Measurement> MeasureAsync(BenchContext bench)
    {
        await using var engine = await bench.OpenAsync(bench.Store.CreateDatabase(), bench.AmpleSlots);
        var workflow = engine.Client.Workflow<int, int>(BenchWorkflows.OneStep);
        await RunAsync(workflow, new Latencies(500));
        var latencies = new Latencies(bench.Count(3_000));
        var usage = new Usage(bench.Store);
        var clock = Stopwatch.StartNew();
        await RunAsync(workflow, latencies);
        clock.Stop();
        var measurement = usage.In(
            new Measurement
            {
                Workload = "W3 one at a time",
                Store = bench.Store.Name,
                Concurrency = 1,
                PerSecond = latencies.Count / clock.Elapsed.TotalSeconds,
            }.With(latencies),
            latencies.Count);
        return bench.Store.BareCommitMillis() is not { } commit
            ? measurement
            : measurement with
            {
                LimitPerSecond = 1_000 / (2 * commit),
                Ratio = 2 * commit / measurement.P50Millis,
                Remark = string.Create(
                    CultureInfo.InvariantCulture, $"two bare commits take {2 * commit:N2} ms; {measurement.Remark}"),
            };
    }

    private static async Task RunAsync(IWorkflowClient<IWorkflow<int, int>> workflow, Latencies latencies)
    {
        for (var i = 0; i < latencies.Count; i++)
        {
            var begun = Stopwatch.GetTimestamp();
            var handle = await workflow.StartAsync(i);
            BenchContext.Expect(await handle.ResultAsync() == i + 1);
            latencies[i] = Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
        }
    }
}
