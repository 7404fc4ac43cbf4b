using System.Globalization;
using System.Text.Json;
using Hydra.Bench;

const int Rounds = 3;

var json = args.Contains("--json");
var stores = Value("--store") is { } named ? named.Split(',') : ["sqlite", "memory"];
var only = Value("--only")?.Split(',');
var concurrency = int.Parse(Value("--concurrency") ?? "200", CultureInfo.InvariantCulture);
var scale = double.Parse(Value("--scale") ?? "1", CultureInfo.InvariantCulture);
if (!json)
{
    Console.WriteLine(
        $"{"workload",-26}{"store",-8}{"per second",22}{"bare inserts/s",16}{"ratio",7}"
        + $"{"p50 ms",9}{"p95 ms",9}{"p99 ms",9}{"cpu s",8}{"B/wf",8}");
}

foreach (var name in stores)
{
    using var store = BenchStore.Create(name);
    var workloads = new Workloads(store, concurrency, scale);
    foreach (var (id, run) in new (string, Func<Task<Measurement>>)[]
    {
        ("W1", workloads.OneStepAsync), ("W2", workloads.TenStepsAsync), ("W3", workloads.LatencyAsync),
    })
    {
        if (only is null || only.Contains(id))
        {
            Print(await MedianAsync(run));
        }
    }
}

return 0;

string? Value(string option) =>
    Array.IndexOf(args, option) is var index && index >= 0 && index + 1 < args.Length ? args[index + 1] : null;

// The round in the middle by speed: the machines are shared, and one slow moment must not decide.
static async Task<Measurement> MedianAsync(Func<Task<Measurement>> run)
{
    var rounds = new List<Measurement>();
    for (var i = 0; i < Rounds; i++)
    {
        rounds.Add(await run());
        GC.Collect();
    }

    return rounds.OrderBy(round => round.PerSecond).ElementAt(Rounds / 2);
}

void Print(Measurement m)
{
    if (json)
    {
        Console.WriteLine(JsonSerializer.Serialize(m, BenchJson.Default.Measurement));
        return;
    }

    var culture = CultureInfo.InvariantCulture;
    Console.WriteLine(string.Create(culture,
        $"{m.Workload,-26}{m.Store,-8}{m.PerSecond.ToString("N0", culture) + " " + m.Unit,22}")
        + string.Create(culture, $"{m.LimitPerSecond,16:N0}{m.Ratio,7:P0}")
        + string.Create(culture, $"{m.P50Millis,9:N2}{m.P95Millis,9:N2}{m.P99Millis,9:N2}")
        + string.Create(culture, $"{m.CpuSeconds,8:N1}{m.AllocatedBytesPerWorkflow,8:N0}"));
}
