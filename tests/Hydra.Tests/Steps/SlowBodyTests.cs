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

    /// <summary>A database takes no batch of any size, and what is refused would be begun again and again.</summary>
    [Fact]
    public async Task That_many_with_large_inputs_run_is_written_in_pieces()
    {
        const int Steps = 30;
        const int Bytes = 100 * 1024;
        await using var world = new World();
        var end = new TaskCompletionSource<int>();
        List<int> written = [];
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                await Task.WhenAll(Enumerable.Range(0, Steps).Select(_ => context.StepAsync(
                    "slow", new string('x', Bytes), (_, _) => end.Task)));
                return 0;
            },
            0,
            configure: hydra => hydra.UseStore(setup => new WatchedStore(
                new InMemoryWorkflowStore(world.Database, setup.Namespace))
            {
                Refuses = operation =>
                {
                    if (operation is AdvanceOperation { Tries: { Count: > 0 } tries })
                    {
                        written.Add(tries.Sum(static one => one.Input.Length));
                    }

                    return false;
                },
            }));

        await world.PassAsync(TimeSpan.FromSeconds(10));
        end.SetResult(7);
        await world.EndOf(handle);

        Assert.All(written, static bytes => Assert.InRange(bytes, Bytes, 1024 * 1024));
        Assert.InRange(written.Sum(), Steps * Bytes, (Steps * Bytes) + (Steps * 100));
    }
}
