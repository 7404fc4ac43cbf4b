namespace Hydra.Bench;

/// <summary>W5: W1 on a database that holds many finished executions, beside W1 on a fresh one.</summary>
internal sealed class AgedWorkload : Workload
{
    public override string Id => "W5";

    public override async Task<Measurement> MeasureAsync(BenchContext bench)
    {
        var finished = bench.Count(500_000);
        var old = bench.Store.Kept ??= await AgeAsync(bench, finished); // Once for all rounds.
        var fresh = await RunAsync(bench, bench.Store.CreateDatabase(), "fresh");
        var aged = await RunAsync(bench, old, $"W5 after {finished:N0} finished");
        return aged with
        {
            LimitPerSecond = fresh.PerSecond,
            Ratio = aged.PerSecond / fresh.PerSecond,
            Remark = $"beside W1 on a fresh database; {aged.Remark}",
        };
    }

    private static async Task<string> AgeAsync(BenchContext bench, int finished)
    {
        var database = bench.Store.CreateDatabase();
        await using var engine = await bench.OpenAsync(database, bench.AmpleSlots);
        await bench.RunAsync(engine, BenchWorkflows.OneStep, finished, steps: 1);
        return database;
    }

    private static async Task<Measurement> RunAsync(BenchContext bench, string database, string name)
    {
        var count = bench.Count(60_000);
        await using var engine = await bench.OpenAsync(database, bench.AmpleSlots);
        await bench.RunAsync(engine, BenchWorkflows.OneStep, count / 10, steps: 1);
        var usage = new Usage(bench.Store);
        var (latencies, elapsed) = await bench.RunAsync(engine, BenchWorkflows.OneStep, count, steps: 1);
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
