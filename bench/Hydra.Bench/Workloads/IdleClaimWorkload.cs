using System.Diagnostics;

namespace Hydra.Bench;

/// <summary>W9: workflows started in one process and run in another that was idle, one at a time.</summary>
internal sealed class IdleClaimWorkload : Workload
{
    public override string Id => "W9";

    public override bool NeedsProcesses => true;

    public override async Task<Measurement> MeasureAsync(BenchContext bench)
    {
        var database = bench.Store.CreateDatabase();
        await using var client = await bench.OpenAsync(database, slots: null);
        using var child = BenchChild.Serve(bench.Store, database, bench.AmpleSlots);
        await child.ReadyAsync();
        var workflow = client.Client.Workflow<int, int>(BenchWorkflows.OneStep);
        await (await workflow.StartAsync(0)).ResultAsync();
        var latencies = new Latencies(bench.Count(300));
        var usage = new Usage(bench.Store);
        for (var i = 0; i < latencies.Count; i++)
        {
            // At moments that have nothing to do with how the other process looks around.
            await Task.Delay(TimeSpan.FromMilliseconds(5 + (i * 7 % 40)));
            var begun = Stopwatch.GetTimestamp();
            var handle = await workflow.StartAsync(i);
            BenchContext.Expect(await handle.ResultAsync() == i + 1);
            latencies[i] = Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
        }

        return usage.In(
            new Measurement
            {
                Workload = "W9 claim elsewhere, idle",
                Store = bench.Store.Name,
                Concurrency = 1,
                PerSecond = 1_000 / latencies.Percentile(0.50),
            }.With(latencies),
            latencies.Count);
    }
}
