using System.Diagnostics;
using System.Globalization;

namespace Hydra.Bench;

/// <summary>W14: how fast an engine that knows nothing of an execution takes up its history.</summary>
internal sealed class ReplayWorkload : Workload
{
    private static readonly TimeSpan Sleep = TimeSpan.FromSeconds(2);

    public override string Id => "W14";

    public override async Task<Measurement> MeasureAsync(BenchContext bench)
    {
        var steps = bench.Count(20_000);
        var database = bench.Store.CreateDatabase();
        var asleep = await MakeHistoryAsync(bench, database, steps);
        var usage = new Usage(bench.Store);
        await using var engine = await bench.OpenAsync(database, bench.AmpleSlots);
        var handle = engine.Client.Execution<Nothing>(asleep);
        var due = (await handle.StatusAsync()).DueAt.ToDateTimeOffset();
        await handle.ResultAsync();
        var taken = DateTimeOffset.UtcNow - due;
        var replay = Stopwatch.GetElapsedTime(BenchWorkflows.Replay.Begun, BenchWorkflows.Replay.CaughtUp);
        return usage.In(
            new Measurement
            {
                Workload = $"W14 replay of {steps:N0} steps",
                Store = bench.Store.Name,
                Concurrency = 1,
                Unit = "outcomes/s",
                PerSecond = steps / replay.TotalSeconds,
                P50Millis = replay.TotalMilliseconds,
                P95Millis = replay.TotalMilliseconds,
                P99Millis = replay.TotalMilliseconds,
                Remark = string.Create(
                    CultureInfo.InvariantCulture,
                    $"{taken.TotalMilliseconds:N0} ms from due to done, reading included"),
            },
            executions: 1);
    }

    private static async Task<ExecutionId> MakeHistoryAsync(BenchContext bench, string database, int steps)
    {
        await using var engine = await bench.OpenAsync(database, bench.AmpleSlots);
        var handle = await engine.Client.Workflow<ReplayPlan, Nothing>(BenchWorkflows.Replayed)
            .StartAsync(new ReplayPlan(steps, Sleep));
        while ((await handle.StatusAsync()).State != ExecutionState.Sleeping)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5));
        }

        return handle.Id;
    }
}
