using System.Text.Json;

namespace Hydra.Bench;

/// <summary>Measures workloads on stores, one after the other, and prints each as soon as it is measured.</summary>
internal sealed class BenchRun(string[] only, int concurrency, double scale, bool json)
{
    public async Task RunAsync(string[] stores)
    {
        if (!json)
        {
            Table.PrintHead();
        }

        foreach (var name in stores)
        {
            using var store = BenchStore.Create(name);
            var bench = new BenchContext(store, concurrency, scale);
            foreach (var workload in Workload.All.Where(workload => IsAsked(workload) && Fits(workload, store)))
            {
                Print(await MedianAsync(workload, bench));
                store.Kept = null;
            }
        }
    }

    private bool IsAsked(Workload workload) => only.Contains(workload.Id);

    private static bool Fits(Workload workload, BenchStore store) =>
        (store.IsShared || !workload.NeedsProcesses)
        && (store.HasSnapshots || !workload.NeedsSnapshots)
        && (store.HasTransactions || !workload.NeedsTransactions);

    /// <summary>The round in the middle: the machines are shared, and one slow moment must not decide.</summary>
    private static async Task<Measurement> MedianAsync(Workload workload, BenchContext bench)
    {
        var rounds = new List<Measurement>();
        for (var i = 0; i < workload.Rounds; i++)
        {
            rounds.Add(await workload.MeasureAsync(bench));
            GC.Collect();
        }

        return rounds.OrderBy(workload.Rank).ElementAt(rounds.Count / 2);
    }

    private void Print(Measurement measured)
    {
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(measured, BenchJson.Default.Measurement));
        }
        else
        {
            Table.Print(measured);
        }
    }
}
