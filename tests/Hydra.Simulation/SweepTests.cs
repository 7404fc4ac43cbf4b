using System.Diagnostics;
using System.Globalization;
using Hydra.Simulation.Sweeps;

namespace Hydra.Simulation;

/// <summary>Small scenarios in which exactly one call of the store fails: each call of each, in every way.</summary>
[Collection("Worlds")] // One after the other: each uses all processors by itself.
public class SweepTests(ITestOutputHelper output)
{
    [Fact]
    public void Every_call_of_every_story_may_fail_once()
    {
        var only = Environment.GetEnvironmentVariable("HYDRA_SIM_STORY");
        var point = Environment.GetEnvironmentVariable("HYDRA_SIM_POINT");
        var isFull = Environment.GetEnvironmentVariable("HYDRA_FULL") == "1";
        var first = ulong.TryParse(
            Environment.GetEnvironmentVariable("HYDRA_SIM_FIRST"), CultureInfo.InvariantCulture, out var given)
                ? given
                : 1;
        var seeds = isFull && only is null ? 10u : 1;
        var watch = Stopwatch.StartNew();
        var runs = 0;

        foreach (var story in Stories.All.Where(story => only is null || story.Name == only))
        {
            for (var seed = first; seed < first + seeds; seed++)
            {
                var sweep = new Sweep(story, seed);
                if (point is not null)
                {
                    output.WriteLine(sweep.Explain(point.Length == 0 ? null : FaultPoint.Parse(point)));
                    continue;
                }

                var violation = sweep.Run();
                Assert.True(violation is null, violation);
                runs += sweep.Runs;
                output.WriteLine($"{story.Name}: {sweep.Calls} calls, {sweep.Runs} runs");
            }
        }

        output.WriteLine($"{Stories.All.Count} stories, {runs:N0} runs in {watch.Elapsed.TotalSeconds:N1} s");
    }
}
