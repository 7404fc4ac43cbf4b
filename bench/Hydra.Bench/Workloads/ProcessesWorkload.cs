using System.Globalization;

namespace Hydra.Bench;

/// <summary>W7: W1 in four processes that share one database.</summary>
internal sealed class ProcessesWorkload : Workload
{
    private const int Processes = 4;

    public override string Id => "W7";

    public override bool NeedsProcesses => true;

    public override async Task<Measurement> MeasureAsync(BenchContext bench)
    {
        var database = bench.Store.CreateDatabase();
        await using (await bench.OpenAsync(database, slots: null))
        {
            // The database is there before anybody comes to share it.
        }

        var count = bench.Count(15_000);
        var concurrency = Math.Max(1, bench.Concurrency / Processes);
        var children = Enumerable.Range(0, Processes)
            .Select(_ => BenchChild.Load(bench.Store, database, concurrency, count)).ToList();
        try
        {
            foreach (var child in children)
            {
                await child.ReadyAsync();
            }

            var usage = new Usage(bench.Store);
            var reports = await Task.WhenAll(children.Select(child => child.GoAsync()));
            var perSecond = reports.Sum(report => report.Count) / reports.Max(report => report.Seconds);
            var measurement = new Measurement
            {
                Workload = $"W7 W1 in {Processes} processes",
                Store = bench.Store.Name,
                Concurrency = concurrency * Processes,
                PerSecond = perSecond,
                P50Millis = reports.Average(report => report.P50Millis),
                P95Millis = reports.Average(report => report.P95Millis),
                P99Millis = reports.Max(report => report.P99Millis),
                CpuSeconds = reports.Sum(report => report.CpuSeconds),
                Remark = string.Create(
                    CultureInfo.InvariantCulture,
                    $"slowest {reports.Min(report => report.Count / report.Seconds):N0}/s, "
                    + $"fastest {reports.Max(report => report.Count / report.Seconds):N0}/s"),
            };
            return usage.InServer(measurement, reports.Sum(report => report.Count));
        }
        finally
        {
            children.ForEach(child => child.Dispose());
        }
    }
}
