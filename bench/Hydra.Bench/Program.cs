using System.Globalization;
using System.Text.Json;
using Hydra.Bench;

var json = args.Contains("--json");
var stores = Value("--store") is { } named ? named.Split(',') : ["sqlite", "memory"];
var only = Value("--only")?.Split(',');
var concurrency = Number("--concurrency", 200);
var scale = double.Parse(Value("--scale") ?? "1", CultureInfo.InvariantCulture);
if (Value("--child") is { } role)
{
    using var store = BenchStore.Create(stores[0]);
    var context = new BenchContext(store, concurrency, scale);
    await BenchChild.RunAsync(role, context, Value("--database")!, Number("--count", 0));
    return 0;
}

if (only?.FirstOrDefault(id => Workload.All.All(workload => workload.Id != id)) is { } unknown)
{
    Console.Error.WriteLine(
        $"There is no workload '{unknown}'; there are {string.Join(", ", Workload.All.Select(w => w.Id).Distinct())}.");
    return 2;
}

if (!json)
{
    Table.PrintHead();
}

foreach (var name in stores)
{
    using var store = BenchStore.Create(name);
    var bench = new BenchContext(store, concurrency, scale);
    foreach (var workload in Workload.All)
    {
        if (only?.Contains(workload.Id) != false && (store.IsShared || !workload.NeedsProcesses)
            && (store.HasSnapshots || !workload.NeedsSnapshots)
            && (store.HasTransactions || !workload.NeedsTransactions))
        {
            Print(await MedianAsync(workload, bench));
        }
    }
}

return 0;

string? Value(string option) =>
    Array.IndexOf(args, option) is var index && index >= 0 && index + 1 < args.Length ? args[index + 1] : null;

int Number(string option, int otherwise) =>
    Value(option) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

// The round in the middle by speed: the machines are shared, and one slow moment must not decide.
static async Task<Measurement> MedianAsync(Workload workload, BenchContext bench)
{
    var rounds = new List<Measurement>();
    for (var i = 0; i < workload.Rounds; i++)
    {
        rounds.Add(await workload.MeasureAsync(bench));
        GC.Collect();
    }

    return rounds.OrderBy(round => round.PerSecond).ElementAt(rounds.Count / 2);
}

void Print(Measurement m)
{
    if (json)
    {
        Console.WriteLine(JsonSerializer.Serialize(m, BenchJson.Default.Measurement));
    }
    else
    {
        Table.Print(m);
    }
}
