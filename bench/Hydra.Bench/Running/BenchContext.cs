using System.Diagnostics;

namespace Hydra.Bench;

/// <summary>What workloads measure with: a store, how much at once, how many.</summary>
internal sealed class BenchContext(BenchStore store, int concurrency, double scale)
{
    public BenchStore Store => store;

    public int Concurrency => concurrency;

    /// <summary>How many, at the scale that was asked for.</summary>
    public int Count(int count) => Math.Max(100, (int)(count * scale));

    /// <summary>Opens an engine on a database, with the workflows of the benchmark.</summary>
    /// <param name="database">Where it is.</param>
    /// <param name="slots">How many executions it runs at once; none for a client without a worker.</param>
    public Task<HydraEngine> OpenAsync(string database, int? slots) => HydraEngine.OpenAsync(hydra =>
    {
        store.Use(hydra, database);
        BenchWorkflows.Add(hydra);
        if (slots is { } concurrency)
        {
            hydra.AddWorker(worker => worker with { Concurrency = concurrency });
        }
    });

    /// <summary>Enough slots that every start finds a free one.</summary>
    public int AmpleSlots => concurrency + (concurrency / 2);

    /// <summary>Starts executions that add ones and waits for their results, many at once.</summary>
    /// <returns>How long each took from its start to its result, and how long all took.</returns>
    public async Task<(Latencies Latencies, TimeSpan Elapsed)> RunAsync(
        HydraEngine engine, string workflowName, int count, int steps)
    {
        var workflow = engine.Client.Workflow<int, int>(workflowName);
        var latencies = new Latencies(count);
        var next = -1;
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, concurrency).Select(_ => Task.Run(async () =>
        {
            int index;
            while ((index = Interlocked.Increment(ref next)) < count)
            {
                var begun = Stopwatch.GetTimestamp();
                var handle = await workflow.StartAsync(index);
                Expect(await handle.ResultAsync() == index + steps);
                latencies[index] = Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
            }
        })));
        return (latencies, clock.Elapsed);
    }

    public static void Expect(bool right, string otherwise = "A workflow came to a wrong result.")
    {
        if (!right)
        {
            throw new InvalidOperationException(otherwise);
        }
    }
}
