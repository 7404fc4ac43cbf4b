using System.Globalization;
using Hydra.Simulation.Worlds;

namespace Hydra.Simulation;

/// <summary>The engine in thousands of small worlds in which everything fails that can.</summary>
[Collection("Worlds")] // One after the other: each uses all processors by itself.
public class SimulationTests(ITestOutputHelper output)
{
    /// <summary>So many seeds hit everything that can be hit.</summary>
    private const int Enough = 20_000;

    private const int EnoughOfSchedules = 150;

    [Fact]
    public void Every_seed_keeps_the_invariants()
    {
        var isFull = Environment.GetEnvironmentVariable("HYDRA_FULL") == "1";
        var seeds = Number("HYDRA_SIM_SEEDS", isFull ? 200_000 : 20_000);
        var first = (ulong)Number("HYDRA_SIM_FIRST", 1);

        var run = new SimulationRun(first, seeds).Run();

        output.WriteLine($"{run}");
        if (SimulationRun.IsTraced && run.Failed is null)
        {
            output.WriteLine(SimulationRun.Trace(first));
        }

        Assert.True(run.Failed is null, run.Failed is null ? "" : run.Explain());
        output.WriteLine($"{run.Statistics.Coverage}");
        var missing = run.Statistics.Coverage.Missing();
        Assert.True(missing.Count == 0 || seeds < Enough, $"Never hit: {string.Join(", ", missing)}");
        Assert.True(run.Statistics.Foreign > 0 || seeds < Enough, "Nothing foreign was awaited.");
    }

    [Fact]
    public void Every_instant_of_a_schedule_is_started_once_whatever_becomes_of_its_workers()
    {
        var isFull = Environment.GetEnvironmentVariable("HYDRA_FULL") == "1";
        var seeds = Number("HYDRA_SIM_SEEDS", isFull ? 3_000 : EnoughOfSchedules);
        var first = (ulong)Number("HYDRA_SIM_FIRST", 1);

        var run = new SimulationRun(
            first, seeds, make: static (seed, bug, traced) => new ScheduleScenario(seed, bug, traced)).Run();

        output.WriteLine($"{run}");
        Assert.True(run.Failed is null, run.Failed is null ? "" : run.Explain());
        output.WriteLine($"{run.Statistics.Coverage}");
        var missing = run.Statistics.Coverage.MissingOfSchedules();
        Assert.True(missing.Count == 0 || seeds < EnoughOfSchedules, $"Never hit: {string.Join(", ", missing)}");
    }

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number)
            ? number
            : otherwise;
}
