using System.Diagnostics;
using System.Globalization;
using Hydra.Simulation.Checks;

namespace Hydra.Simulation;

/// <summary>The replay core alone: no process, no store, thousands of programs a second.</summary>
[Collection("Worlds")] // One after the other: each uses all processors by itself.
public class TurnLoopTests(ITestOutputHelper output)
{
    [Fact]
    public void A_crash_behind_any_entry_changes_nothing()
    {
        var seeds = Environment.GetEnvironmentVariable("HYDRA_FULL") == "1" ? 300_000 : 20_000;
        var only = Environment.GetEnvironmentVariable("HYDRA_TURNS_SEED");
        var first = only is null ? 1 : ulong.Parse(only, CultureInfo.InvariantCulture);
        var watch = Stopwatch.StartNew();
        var turns = 0L;

        for (var seed = first; seed < (only is null ? first + (ulong)seeds : first + 1); seed++)
        {
            var history = new TurnHistory(seed);
            var wrong = history.Run();
            Assert.True(wrong is null, $"HYDRA_TURNS_SEED={seed}: {wrong}");
            turns += history.Turns;
        }

        output.WriteLine($"{seeds:N0} programs, {seeds / watch.Elapsed.TotalSeconds:N0} per second, {turns:N0} turns");
    }
}
