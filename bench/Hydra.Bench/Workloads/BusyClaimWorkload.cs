namespace Hydra.Bench;

/// <summary>W9: workflows started in one process and run in another, many at once.</summary>
internal sealed class BusyClaimWorkload : Workload
{
    public override string Id => "W9";

    public override bool NeedsProcesses => true;

    public override async Task<Measurement> MeasureAsync(BenchContext bench)
    {
        var database = bench.Store.CreateDatabase();
        await using var client = await bench.OpenAsync(database, slots: null);
        using var child = BenchChild.Serve(bench.Store, database, bench.AmpleSlots);
        await child.ReadyAsync();
        var count = bench.Count(20_000);
        await bench.RunAsync(client, BenchWorkflows.OneStep, count / 10, steps: 1);
        var usage = new Usage();
        var (latencies, elapsed) = await bench.RunAsync(client, BenchWorkflows.OneStep, count, steps: 1);
        return usage.In(
            new Measurement
            {
                Workload = "W9 claim elsewhere, busy",
                Store = bench.Store.Name,
                Concurrency = bench.Concurrency,
                PerSecond = count / elapsed.TotalSeconds,
            }.With(latencies),
            count);
    }
}
