using System.CommandLine;
using System.CommandLine.Parsing;

namespace Hydra.Bench;

/// <summary>What can be asked of the benchmark.</summary>
internal sealed class BenchCommandLine
{
    private readonly Option<string> _stores = new("--store")
    {
        HelpName = "NAMES",
        Description = $"The stores to measure: {string.Join(", ", BenchStore.Names)}; commas between several.",
        DefaultValueFactory = static _ => "sqlite,memory",
    };

    private readonly Option<string> _only = new("--only")
    {
        HelpName = "W1,W2,...",
        Description = "The workloads to measure, all by default.",
        DefaultValueFactory = static _ => string.Join(',', Workload.Ids),
    };

    private readonly Option<int> _concurrency = new("--concurrency")
    {
        HelpName = "N",
        Description = "How many executions are under way at once.",
        DefaultValueFactory = static _ => 200,
    };

    private readonly Option<double> _scale = new("--scale")
    {
        HelpName = "F",
        Description = "By what the number of executions is multiplied, for a quick look.",
        DefaultValueFactory = static _ => 1,
    };

    private readonly Option<bool> _json = new("--json") { Description = "Print a line of JSON for each measurement." };

    // What the benchmark gives the processes that it starts.
    private readonly Option<string> _child = new("--child") { Hidden = true };
    private readonly Option<string> _database = new("--database") { Hidden = true };
    private readonly Option<int> _count = new("--count") { Hidden = true };

    public BenchCommandLine()
    {
        Allow(_stores, BenchStore.Names);
        Allow(_only, Workload.Ids);
        _concurrency.Validators.Add(static result => Require(result, result.GetValueOrDefault<int>() > 0));
        _scale.Validators.Add(static result => Require(result, result.GetValueOrDefault<double>() > 0));
    }

    public Task<int> RunAsync(string[] arguments)
    {
        var root = new RootCommand("Measures the engine, each workload beside what the machine can do at most.")
        {
            _stores, _only, _concurrency, _scale, _json, _child, _database, _count,
        };
        root.SetAction(parsed => RunAsync(parsed));
        return root.Parse(arguments).InvokeAsync();
    }

    private async Task<int> RunAsync(ParseResult parsed)
    {
        var stores = List(parsed.GetValue(_stores));
        var concurrency = parsed.GetValue(_concurrency);
        var scale = parsed.GetValue(_scale);
        if (parsed.GetValue(_child) is { } role)
        {
            using var store = BenchStore.Create(stores[0]);
            var context = new BenchContext(store, concurrency, scale);
            await BenchChild.RunAsync(role, context, parsed.GetValue(_database)!, parsed.GetValue(_count));
            return 0;
        }

        await new BenchRun(List(parsed.GetValue(_only)), concurrency, scale, parsed.GetValue(_json)).RunAsync(stores);
        return 0;
    }

    private static void Allow(Option<string> option, IReadOnlyList<string> names) => option.Validators.Add(result =>
    {
        if (List(result.GetValueOrDefault<string>()).FirstOrDefault(one => !names.Contains(one)) is { } unknown)
        {
            result.AddError($"{option.Name}: there is no '{unknown}'; there are {string.Join(", ", names)}.");
        }
    });

    private static void Require(OptionResult result, bool isPositive)
    {
        if (!isPositive)
        {
            result.AddError($"{result.Option.Name} must be more than zero.");
        }
    }

    private static string[] List(string? names) => names?.Split(',') ?? [];
}
