using Hydra.Soak.Chaos;
using Hydra.Soak.Support;

namespace Hydra.Soak;

/// <summary>Real processes on one file, really killed: whatever happens, every workflow ends as it should.</summary>
[Collection(nameof(Alone))]
public class KillTests(ITestOutputHelper output) : SceneTest
{
    // A run of ten minutes when all the long runs are asked for.
    private static readonly bool Full = Environment.GetEnvironmentVariable("HYDRA_FULL") == "1";

    [Fact]
    public Task Workflows_survive_workers_that_are_killed_and_stopped_every_second() =>
        new KillRun(
            Scene,
            new KillPlan
            {
                Title = "Kill test",
                Workers = 6,
                Executions = Full ? 900 : 100,
                Duration = TimeSpan.FromSeconds(Full ? 600 : 20),
                Outages = static fleet => new LockProbe(() => fleet.StoppedProcesses),
                WatchAsync = static (outages, stopping) => ((LockProbe)outages).RunAsync(stopping),
            },
            output).SurviveAsync();
}
