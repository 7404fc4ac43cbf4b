namespace Hydra.Bench;

/// <summary>W9: workflows started in one process and run in another, many at once.</summary>
internal sealed class BusyClaimWorkload : Workload
{
    public override string Id => "W9";

    public override bool NeedsProcesses => true;

    public override Task<Measurement> MeasureAsync(BenchContext bench) =>
        RunAsync(bench, "W9 claim elsewhere, busy", bench.Count(20_000), holds: false);

    /// <summary>Runs executions elsewhere, perhaps while somebody's old snapshot is held.</summary>
    public static async Task<Measurement> RunAsync(BenchContext bench, string name, int count, bool holds)
    {
        var database = bench.Store.CreateDatabase();
        await using var client = await bench.OpenAsync(database, slots: null);
        using var child = BenchChild.Serve(bench.Store, database, bench.AmpleSlots);
        await child.ReadyAsync();
        using var snapshot = holds ? bench.Store.HoldSnapshot() : null;
        await bench.RunAsync(client, BenchWorkflows.OneStep, Math.Min(count, bench.Count(20_000)) / 10, steps: 1);
        var usage = new Usage(bench.Store);
        var (latencies, elapsed) = await bench.RunAsync(client, BenchWorkflows.OneStep, count, steps: 1);
        return usage.In(
            new Measurement
            {
                Workload = name,
                Store = bench.Store.Name,
                Concurrency = bench.Concurrency,
                PerSecond = count / elapsed.TotalSeconds,
            }.With(latencies),
            count);
    }
}
