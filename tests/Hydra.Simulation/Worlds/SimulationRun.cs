using System.Diagnostics;
using Hydra.Simulation.Bugs;

namespace Hydra.Simulation.Worlds;

/// <summary>Runs the worlds of many seeds, one world at a time on each of a few threads.</summary>
/// <param name="first">The first seed.</param>
/// <param name="count">How many.</param>
/// <param name="bug">The mistake that is in them.</param>
/// <param name="make">Makes the world of a seed; by default a random one.</param>
internal sealed class SimulationRun(
    ulong first, int count, PlantedBug bug = PlantedBug.None, Func<ulong, PlantedBug, bool, Scenario>? make = null)
{
    private const int Threads = 2;
    private const int Tail = 150;

    private const string Command = "dotnet run --project tests/Hydra.Simulation -c Release -- "
        + "--output detailed --filter-method '*.Every_seed_keeps_the_invariants'";

    private readonly Func<ulong, PlantedBug, bool, Scenario> _make = make ?? Random;
    private readonly Lock _lock = new();
    private readonly Statistics _statistics = new();
    private long _next = -1;
    private (ulong Seed, string Violation)? _failed;

    public Statistics Statistics => _statistics;

    public TimeSpan Elapsed { get; private set; }

    /// <summary>Whether the whole trace of a seed is wanted.</summary>
    public static bool IsTraced => Environment.GetEnvironmentVariable("HYDRA_SIM_TRACE") == "1";

    /// <summary>How much of the processors' time it took.</summary>
    public TimeSpan Used { get; private set; }

    /// <summary>The lowest seed in which something went wrong, of those that were run.</summary>
    public (ulong Seed, string Violation)? Failed => _failed;

    public SimulationRun Run()
    {
        var watch = Stopwatch.StartNew();
        var used = Environment.CpuUsage.TotalTime;
        var threads = new Thread[Threads];
        for (var i = 0; i < threads.Length; i++)
        {
            threads[i] = new Thread(RunWorlds);
            threads[i].Start();
        }

        foreach (var thread in threads)
        {
            thread.Join();
        }

        Elapsed = watch.Elapsed;
        Used = Environment.CpuUsage.TotalTime - used;
        return this;
    }

    public override string ToString() =>
        $"{Statistics.Worlds:N0} worlds in {Elapsed.TotalSeconds:N1} s, "
        + $"{Statistics.Worlds / Elapsed.TotalSeconds:N0} per second and "
        + $"{Statistics.Worlds / Used.TotalSeconds:N0} per second of a processor: {Statistics}";

    /// <summary>The violation, the tail of the trace, and the command that shows both again.</summary>
    public string Explain()
    {
        var (seed, violation) = _failed!.Value;
        var scenario = Traced(seed, bug, _make);
        return $"""
            Seed {seed}: {violation}
            {string.Join('\n', IsTraced ? scenario.World.Lines : scenario.World.Lines.TakeLast(Tail))}
            {(scenario.World.Violation == violation ? "" : $"Run again it was another: {scenario.World.Violation}\n")}
            To run it again:
            HYDRA_SIM_FIRST={seed} HYDRA_SIM_SEEDS=1 HYDRA_SIM_TRACE=1 {Command}
            """;
    }

    /// <summary>Everything that happens under a seed.</summary>
    public static string Trace(ulong seed) => string.Join('\n', Traced(seed, PlantedBug.None, Random).World.Lines);

    private static Scenario Random(ulong seed, PlantedBug bug, bool traced) => new RandomScenario(seed, bug, traced);

    private static Scenario Traced(ulong seed, PlantedBug bug, Func<ulong, PlantedBug, bool, Scenario> make)
    {
        Scenario? scenario = null;
        var thread = new Thread(() =>
        {
            scenario = make(seed, bug, true);
            scenario.Run();
        });
        thread.Start();
        thread.Join();
        return scenario!;
    }

    private void RunWorlds()
    {
        while (_failed is null && Interlocked.Increment(ref _next) is var next && next < count)
        {
            var seed = first + (ulong)next;
            var scenario = _make(seed, bug, false);
            string? violation;
            try
            {
                scenario.Run();
                violation = scenario.World.Violation;
                if (violation is null && seed % 100 == 0)
                {
                    violation = Compare(scenario, seed);
                }
            }
            catch (Exception e)
            {
                violation = $"The simulation itself failed: {e}";
            }

            lock (_lock)
            {
                _statistics.Add(scenario.Statistics);
                if (violation is not null && (_failed is not { } other || seed < other.Seed))
                {
                    _failed = (seed, violation);
                }
            }
        }
    }

    /// <summary>Runs a seed again: the same seed must be the same world.</summary>
    private string? Compare(Scenario scenario, ulong seed)
    {
        var again = _make(seed, bug, false);
        again.Run();
        return again.World.Hash == scenario.World.Hash
            ? null
            : $"Two runs differ: {scenario.World.Hash:x} after #{scenario.World.Order}, "
                + $"{again.World.Hash:x} after #{again.World.Order}";
    }
}
