using Hydra.Engine;
using Hydra.Engine.Observing;
using Hydra.Engine.Pruning;
using Hydra.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hydra.Bench;

/// <summary>W16: W1 while finished executions are pruned beside it, and before that on the same database.</summary>
internal sealed class PruneWorkload : Workload
{
    public override string Id => "W16";

    /// <summary>One: filling the database takes the longest.</summary>
    public override int Rounds => 1;

    public override async Task<Measurement> MeasureAsync(BenchContext bench)
    {
        var (finished, count) = (bench.Count(1_000_000), bench.Count(200_000));
        var place = new HydraBuilder();
        bench.Store.Use(place, bench.Store.CreateDatabase());
        IWorkflowStore? store = null;
        await using var engine = await HydraEngine.OpenAsync(hydra =>
        {
            hydra.UseStore(_ => store = place.CreateStore());
            BenchWorkflows.Add(hydra);
            hydra.AddWorker(worker => worker with { Concurrency = bench.AmpleSlots });
        });
        await new FinishedExecutions(store!, finished).WriteAsync();

        var (_, alone) = await bench.RunAsync(engine, BenchWorkflows.OneStep, count, steps: 1);
        using var stop = new CancellationTokenSource();
        var pruning = Task.Run(() => PruneAsync(store!, finished, stop.Token));
        var usage = new Usage(bench.Store);
        var (latencies, beside) = await bench.RunAsync(engine, BenchWorkflows.OneStep, count, steps: 1);
        var measurement = usage.In(
            new Measurement
            {
                Workload = $"W16 while {finished:N0} are pruned",
                Store = bench.Store.Name,
                Concurrency = bench.Concurrency,
                PerSecond = count / beside.TotalSeconds,
            }.With(latencies),
            count);
        await stop.CancelAsync();
        var pruned = finished + (2 * count) - await pruning;
        BenchContext.Expect(pruned > 0, "Nothing was pruned meanwhile.");
        return measurement with
        {
            LimitPerSecond = count / alone.TotalSeconds,
            Ratio = alone / beside,
            Remark = $"beside W1 alone; {pruned / beside.TotalSeconds:N0} a second pruned; {measurement.Remark}",
        };
    }

    /// <summary>
    /// Prunes as a worker does, but what has just ended as well: the oldest first, until it is stopped.
    /// </summary>
    /// <returns>How many are left.</returns>
    private static async Task<int> PruneAsync(IWorkflowStore store, int most, CancellationToken stop)
    {
        using var runtime = new PoolRuntime(TimeProvider.System);
        using var metrics = new EngineMetrics(store.Namespace, TimeProvider.System, factory: null);
        var codec = new RowCodec(new PayloadCodec(store.Namespace, keys: null, compressedFrom: null, limit: 1_000_000));
        var pruner = new Pruner(store, store.Retention!, runtime, metrics, codec, new EngineLog(NullLogger.Instance));
        var oldest = new PrunePlan(TimeSpan.Zero, static _ => TimeSpan.Zero) { Limit = most };
        try
        {
            await pruner.PruneAsync(oldest, beat: null, stop);
        }
        catch (OperationCanceledException)
        {
            // The measurement is over.
        }

        var all = oldest with { DryRun = true, Limit = int.MaxValue };
        return (await pruner.PruneAsync(all, beat: null, CancellationToken.None)).Deleted;
    }
}
