using Hydra.Storage;
using Hydra.Tests.Support;

namespace Hydra.Tests.Steps;

public class SlowBodyTests
{
    [Fact]
    public async Task That_a_slow_body_runs_is_written_once()
    {
        await using var world = new World();
        var end = new TaskCompletionSource<int>();
        List<StepTry> written = [];
        var handle = await world.StartAsync(
            (WorkflowContext context, int _) => context.StepAsync("slow", _ => end.Task),
            0,
            configure: hydra => hydra.UseStore(setup => new WatchedStore(
                new InMemoryWorkflowStore(world.Database, setup.Namespace))
            {
                Refuses = operation =>
                {
                    written.AddRange(operation is AdvanceOperation advance ? advance.Tries : []);
                    return false;
                },
            }));

        await world.PassAsync(TimeSpan.FromSeconds(10));
        end.SetResult(7);
        await world.EndOf(handle);

        Assert.Equal(("slow", TryPhase.Started), (Assert.Single(written).Key, written[0].Phase));
    }
}
