using Hydra.Soak.Chaos;
using Hydra.Soak.Servers;
using Hydra.Soak.Support;

namespace Hydra.Soak;

/// <summary>
/// Real processes on a server, really killed, while the server drops all connections every few seconds, stops in the
/// middle of whatever it does, and comes back.
/// </summary>
public abstract class ServerKillTests(ITestOutputHelper output) : SceneTest
{
    // A run of ten minutes when all the long runs are asked for.
    private static readonly bool Full = Environment.GetEnvironmentVariable("HYDRA_FULL") == "1";
    private const int LeastLostAnswers = 300; // To commits, in the long run.

    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(Full ? 600 : 20);

    [Fact]
    public async Task Workflows_survive_the_death_of_workers_connections_and_the_server()
    {
        var server = Scene.Keep(CreateServer());
        Scene.Url = server.Url;
        var nemesis = new ServerNemesis(server);
        await new KillRun(
            Scene,
            new KillPlan
            {
                Title = $"Kill test on {server.Name}",
                Workers = 8,
                Executions = Full ? 900 : 80,
                Duration = Duration,
                Outages = _ => nemesis,
                HurtAsync = (_, stopping) => nemesis.HurtAsync(Duration, stopping),
                Complaints = server.Deadlocks,
            },
            output).SurviveAsync();

        Assert.True(!Full || nemesis.LostAnswers >= LeastLostAnswers, nemesis.Describe());
        Assert.All(
            [nemesis.Crashes, nemesis.Terminations, nemesis.LostAnswers, nemesis.Resets],
            static times => Assert.True(times > 0, "Something that was to be survived did not happen."));
    }

    private protected abstract SoakServer CreateServer();
}
