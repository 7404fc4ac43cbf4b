using System.Globalization;
using Hydra.Simulation.Checks;

namespace Hydra.Simulation;

/// <summary>Replay without effects, over the journals of random programs.</summary>
[Collection("Worlds")] // One after the other: each uses all processors by itself.
public class ReplayTests
{
    [Fact]
    public void The_same_code_matches_every_journal_and_a_planted_change_never_does()
    {
        var seeds = Environment.GetEnvironmentVariable("HYDRA_FULL") == "1" ? 50_000 : 600;
        var only = Environment.GetEnvironmentVariable("HYDRA_REPLAY_SEED");
        var first = only is null ? 1 : ulong.Parse(only, CultureInfo.InvariantCulture);

        for (var seed = first; seed < (only is null ? first + (ulong)seeds : first + 1); seed++)
        {
            var history = new TurnHistory(seed);
            var wrong = history.Run();
            Assert.True(wrong is null, $"HYDRA_REPLAY_SEED={seed}: {wrong}");
            var replayed = new ReplayedHistory(history);
            var difference = replayed.FindDifference();
            Assert.True(difference is null, $"HYDRA_REPLAY_SEED={seed}: {difference}");
            var missed = replayed.FindMissed();
            Assert.True(missed is null, $"HYDRA_REPLAY_SEED={seed}: not found: {missed}");
        }
    }
}
