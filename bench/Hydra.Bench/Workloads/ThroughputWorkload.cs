namespace Hydra.Bench;

/// <summary>Short workflows, many at once: W1, W2 and W6.</summary>
internal sealed class ThroughputWorkload(
    string id, string name, string workflow, int steps, bool countsSteps = false) : Workload
{
    public override string Id => id;

    public override async Task<Measurement> MeasureAsync(BenchContext bench)
    {
        var count = bench.Count((bench.Store.IsDurable ? 60_000 : 150_000) / (steps == 1 ? 1 : steps / 2));
        await using var engine = await bench.OpenAsync(bench.Store.CreateDatabase(), bench.AmpleSlots);
        await bench.RunAsync(engine, workflow, count / 10, steps);
        var usage = new Usage(bench.Store);
        var (latencies, elapsed) = await bench.RunAsync(engine, workflow, count, steps);
        var perSecond = count / elapsed.TotalSeconds;
        var measurement = usage.In(
            new Measurement
            {
                Workload = $"{id} {name}",
                Store = bench.Store.Name,
                Concurrency = bench.Concurrency,
                Unit = countsSteps ? "steps/s" : "workflows/s",
                PerSecond = countsSteps ? perSecond * steps : perSecond,
            }.With(latencies),
            count,
            steps);

        // Input, the steps, the end and the execution itself are rows.
        var limit = bench.Store.BareInsertsPerSecond();
        return measurement with { LimitPerSecond = limit, Ratio = perSecond * (steps + 3) / limit };
    }
}
