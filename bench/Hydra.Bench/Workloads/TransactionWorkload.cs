using System.Diagnostics;

namespace Hydra.Bench;

/// <summary>W15: transactional steps, beside bare transactions with the same statements of the user's.</summary>
internal sealed class TransactionWorkload : Workload
{
    private const int Steps = 5;
    private const string Book = "book";

    public override string Id => "W15";

    public override bool NeedsTransactions => true;

    public override async Task<Measurement> MeasureAsync(BenchContext bench)
    {
        var executions = bench.Count(4_000);
        var count = executions * Steps;
        var database = bench.Store.CreateDatabase();
        await using var tables = new UserTables(bench.Store, database);
        await using var engine = await OpenAsync(bench, database, tables);
        await tables.CreateAsync();
        await tables.CommitBareAsync(count / 10);
        await bench.RunAsync(engine, Book, executions / 10, Steps);
        var warm = await tables.CountAsync();

        var clock = Stopwatch.StartNew();
        await tables.CommitBareAsync(count);
        var bare = count / clock.Elapsed.TotalSeconds;

        var usage = new Usage(bench.Store);
        var (latencies, elapsed) = await bench.RunAsync(engine, Book, executions, Steps);
        BenchContext.Expect(await tables.CountAsync() == warm + (2 * count));
        var perSecond = count / elapsed.TotalSeconds;
        return usage.In(
            new Measurement
            {
                Workload = $"W15 {Steps} transactional steps",
                Store = bench.Store.Name,
                Concurrency = bench.Concurrency,
                Unit = "steps/s",
                PerSecond = perSecond,
                LimitPerSecond = bare,
                Ratio = perSecond / bare,
                Remark = "beside bare transactions",
            }.With(latencies),
            executions,
            Steps);
    }

    private static Task<HydraEngine> OpenAsync(BenchContext bench, string database, UserTables tables) =>
        HydraEngine.OpenAsync(hydra =>
        {
            bench.Store.Use(hydra, database);
            hydra.AddWorkflow(Book, async (WorkflowContext context, int value) =>
            {
                for (var i = 0; i < Steps; i++)
                {
                    value = await context.TransactionAsync("book", value, tables.WriteAsync);
                }

                return value;
            });
            hydra.AddWorker(worker => worker with { Concurrency = bench.AmpleSlots });
        });
}
