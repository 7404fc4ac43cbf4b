using System.Diagnostics;

namespace Hydra.Bench;

/// <summary>The workloads. Each opens an engine of its own on a fresh database and checks every result.</summary>
internal sealed class Workloads(BenchStore store, int concurrency, double scale)
{
    private const int StepsPerWorkflow = 10;

    /// <summary>W1: workflows of one step, many at once.</summary>
    public Task<Measurement> OneStepAsync() => ThroughputAsync(
        "W1 one-step workflows",
        "one-step",
        Count(store.IsDurable ? 60_000 : 150_000),
        stepsPerWorkflow: 1,
        rowsPerWorkflow: 4);

    /// <summary>W2: workflows of ten steps one after the other, many at once. Counts steps.</summary>
    public Task<Measurement> TenStepsAsync() => ThroughputAsync(
        "W2 ten sequential steps",
        "ten-steps",
        Count(store.IsDurable ? 15_000 : 30_000),
        StepsPerWorkflow,
        rowsPerWorkflow: StepsPerWorkflow + 3);

    /// <summary>W3: one workflow of one step at a time, from the start to the result.</summary>
    public async Task<Measurement> LatencyAsync()
    {
        await using var engine = await OpenAsync();
        var workflow = engine.Client.Workflow<int, int>("one-step");
        var latencies = new double[Count(3_000)];
        await LatenciesAsync(workflow, new double[500]);
        var (cpu, written) = (Machine.CpuSeconds(), Machine.BytesWritten());
        var clock = Stopwatch.StartNew();
        await LatenciesAsync(workflow, latencies);
        clock.Stop();
        Array.Sort(latencies);
        return new Measurement
        {
            Workload = "W3 one at a time",
            Store = store.Name,
            Concurrency = 1,
            PerSecond = latencies.Length / clock.Elapsed.TotalSeconds,
            P50Millis = Percentile(latencies, 0.50),
            P95Millis = Percentile(latencies, 0.95),
            P99Millis = Percentile(latencies, 0.99),
            CpuSeconds = Machine.CpuSeconds() - cpu,
            BytesWritten = Machine.BytesWritten() - written,
            PeakMemoryBytes = Machine.PeakMemoryBytes(),
        };
    }

    private async Task<Measurement> ThroughputAsync(
        string name, string workflowName, int count, int stepsPerWorkflow, int rowsPerWorkflow)
    {
        await using var engine = await OpenAsync();
        var workflow = engine.Client.Workflow<int, int>(workflowName);
        await RunAsync(workflow, count / 10, stepsPerWorkflow, new double[count / 10]);
        var latencies = new double[count];
        var (cpu, written) = (Machine.CpuSeconds(), Machine.BytesWritten());
        var allocated = GC.GetTotalAllocatedBytes();
        var clock = Stopwatch.StartNew();
        await RunAsync(workflow, count, stepsPerWorkflow, latencies);
        clock.Stop();
        (cpu, written) = (Machine.CpuSeconds() - cpu, Machine.BytesWritten() - written);
        allocated = (GC.GetTotalAllocatedBytes() - allocated) / count;
        Array.Sort(latencies);
        var rowsPerSecond = count * rowsPerWorkflow / clock.Elapsed.TotalSeconds;
        var limit = store.BareInsertsPerSecond();
        return new Measurement
        {
            Workload = name,
            Store = store.Name,
            Concurrency = concurrency,
            PerSecond = count * stepsPerWorkflow / clock.Elapsed.TotalSeconds,
            Unit = stepsPerWorkflow == 1 ? "workflows/s" : "steps/s",
            LimitPerSecond = limit,
            Ratio = limit is null ? null : rowsPerSecond / limit,
            P50Millis = Percentile(latencies, 0.50),
            P95Millis = Percentile(latencies, 0.95),
            P99Millis = Percentile(latencies, 0.99),
            CpuSeconds = cpu,
            BytesWritten = written,
            AllocatedBytesPerWorkflow = allocated,
            PeakMemoryBytes = Machine.PeakMemoryBytes(),
        };
    }

    private Task<HydraEngine> OpenAsync() => HydraEngine.OpenAsync(hydra =>
    {
        store.Use(hydra);
        hydra.AddWorkflow("one-step", async (WorkflowContext context, int value) =>
            await context.StepAsync("add", value, AddAsync));
        hydra.AddWorkflow("ten-steps", async (WorkflowContext context, int value) =>
        {
            for (var i = 0; i < StepsPerWorkflow; i++)
            {
                value = await context.StepAsync("add", value, AddAsync);
            }

            return value;
        });
        hydra.AddWorker(worker => worker with { Concurrency = concurrency + (concurrency / 2) });
    });

    private static Task<int> AddAsync(int value, CancellationToken token) => Task.FromResult(value + 1);

    private Task RunAsync(
        IWorkflowClient<IWorkflow<int, int>> workflow, int count, int expected, double[] latencies)
    {
        var next = -1;
        return Task.WhenAll(Enumerable.Range(0, concurrency).Select(_ => Task.Run(async () =>
        {
            int index;
            while ((index = Interlocked.Increment(ref next)) < count)
            {
                var begun = Stopwatch.GetTimestamp();
                var handle = await workflow.StartAsync(0);
                if (await handle.ResultAsync() != expected)
                {
                    throw new InvalidOperationException("A workflow came to a wrong result.");
                }

                latencies[index] = Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
            }
        })));
    }

    private static async Task LatenciesAsync(IWorkflowClient<IWorkflow<int, int>> workflow, double[] latencies)
    {
        for (var i = 0; i < latencies.Length; i++)
        {
            var begun = Stopwatch.GetTimestamp();
            var handle = await workflow.StartAsync(i);
            await handle.ResultAsync();
            latencies[i] = Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
        }
    }

    private int Count(int count) => Math.Max(100, (int)(count * scale));

    private static double Percentile(double[] sorted, double part) =>
        sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * part))];
}
