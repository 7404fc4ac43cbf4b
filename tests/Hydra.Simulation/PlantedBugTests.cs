using Hydra.Simulation.Bugs;
using Hydra.Simulation.Worlds;

namespace Hydra.Simulation;

/// <summary>A simulation that finds nothing proves nothing: bugs are planted, and must be found soon.</summary>
[Collection("Worlds")] // One after the other: each uses all processors by itself.
public class PlantedBugTests(ITestOutputHelper output)
{
    private const int Patience = 2_000;

    /// <summary>How often it is looked for, from different seeds; the median counts.</summary>
    private static readonly int Beginnings = Environment.GetEnvironmentVariable("HYDRA_FULL") == "1" ? 5 : 3;

    public static TheoryData<PlantedBug> Bugs =>
        [.. Wanted.Where(static bug => bug < PlantedBug.ScheduleCursorApart)];

    public static TheoryData<PlantedBug> ScheduleBugs =>
        [.. Wanted.Where(static bug => bug >= PlantedBug.ScheduleCursorApart)];

    private static IEnumerable<PlantedBug> Wanted => Enum.GetValues<PlantedBug>()
        .Where(bug => Only is null ? bug > PlantedBug.Harmless : bug.ToString() == Only);

    /// <summary>The one bug that is wanted, if it is only one.</summary>
    private static string? Only => Environment.GetEnvironmentVariable("HYDRA_SIM_BUG");

    [Theory]
    [MemberData(nameof(Bugs))]
    public void Every_planted_bug_is_found(PlantedBug bug)
    {
        var found = Find(bug, Patience, make: null);

        Assert.True(found <= Patience, $"{found}");
    }

    [Theory]
    [MemberData(nameof(ScheduleBugs))]
    public void Every_planted_bug_of_schedules_is_found(PlantedBug bug)
    {
        const int Few = 50; // A world is large: it has a schedule that fires for some minutes.

        var found = Find(
            bug, Few, static (seed, bug, traced) => new ScheduleScenario(seed, bug, traced));

        Assert.True(found <= Few, $"{found}");
    }

    /// <summary>What finds the mistakes is not what makes them.</summary>
    [Fact]
    public void Nothing_is_found_where_no_bug_is_planted()
    {
        var seeds = Beginnings * 200;

        var run = new SimulationRun(1_000_000, seeds, PlantedBug.Harmless).Run();

        Assert.True(run.Failed is null, run.Failed?.Violation);
    }

    /// <summary>After how many seeds a bug is found, as the median of some beginnings.</summary>
    private int Find(PlantedBug bug, int patience, Func<ulong, PlantedBug, bool, Scenario>? make)
    {
        var seedsUntilFound = new List<int>();
        for (var i = 1; i <= Beginnings; i++)
        {
            var first = (ulong)i * 1_000_000;
            var run = new SimulationRun(first, patience * 2, bug, make).Run();
            seedsUntilFound.Add(run.Failed is { } failed ? (int)(failed.Seed - first) + 1 : int.MaxValue);
            // What merely breaks the simulation is no bug that anybody has found.
            Assert.DoesNotContain(
                "The simulation itself failed", run.Failed?.Violation ?? "", StringComparison.Ordinal);
            output.WriteLine($"From {first}: found after {seedsUntilFound[^1]} seeds. {run.Failed?.Violation}");
        }

        seedsUntilFound.Sort();
        return seedsUntilFound[Beginnings / 2];
    }
}
