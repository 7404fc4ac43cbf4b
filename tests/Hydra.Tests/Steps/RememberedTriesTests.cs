using System.Collections;
using Hydra.Storage;
using Hydra.Tests.Support;

namespace Hydra.Tests.Steps;

public class RememberedTriesTests
{
    private const int Steps = 50;

    [Fact]
    public async Task What_was_tried_is_looked_at_once_however_many_steps_there_are()
    {
        await using var world = new World();
        var walks = 0;
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                for (var i = 0; i < Steps; i++)
                {
                    await context.StepAsync("once", _ => Task.FromResult(1), new() { AtMostOnce = true });
                }

                await context.SleepAsync(TimeSpan.FromHours(1));
                return 0;
            },
            0,
            configure: hydra => hydra.UseStore(setup =>
                new WatchedStore(new InMemoryWorkflowStore(world.Database, setup.Namespace))
                {
                    Claimed = answer => answer with
                    {
                        Executions =
                        [
                            .. answer.Executions.Select(claimed => claimed with
                            {
                                Tried = new Walked(claimed.Tried, () => walks++),
                            }),
                        ],
                    },
                }));

        var details = await world.EndOf(handle);

        Assert.Equal((ExecutionState.Completed, Steps), (details.Row.State, details.Steps().Count));
        Assert.Equal(1, walks);
    }

    /// <summary>Tells whenever somebody begins to walk it.</summary>
    private sealed class Walked(IReadOnlyList<TriedStep> tried, Action walk) : IReadOnlyList<TriedStep>
    {
        public int Count => tried.Count;

        public TriedStep this[int index] => tried[index];

        public IEnumerator<TriedStep> GetEnumerator()
        {
            walk();
            return tried.GetEnumerator();
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
