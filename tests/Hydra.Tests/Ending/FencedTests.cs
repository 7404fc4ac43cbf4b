using Hydra.Storage;
using Hydra.Tests.Support;

namespace Hydra.Tests.Ending;

public class FencedTests
{
    [Fact]
    public async Task Who_is_told_that_another_owns_the_execution_lets_go_of_it()
    {
        await using var world = new World();
        var isFenced = false;
        var told = new List<bool>();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                await context.StepAsync("one", _ =>
                {
                    isFenced = true; // The answer to the commit of this step.
                    return Task.FromResult(1);
                });
                return await context.StepAsync("two", _ =>
                {
                    told.Add(world.Log.ToString().Contains(" 22:", StringComparison.Ordinal));
                    return Task.FromResult(2);
                });
            },
            0,
            configure: hydra => hydra.UseStore(setup =>
                new WatchedStore(new InMemoryWorkflowStore(world.Database, setup.Namespace))
                {
                    Commit = answer => Take(ref isFenced) ? Fence(answer) : answer,
                }));

        var details = await world.EndOf(handle);

        Assert.Equal([true], told);
        Assert.Equal((ExecutionState.Completed, 2), (details.Row.State, details.Row.Epoch));
    }

    private static bool Take(ref bool flag)
    {
        var was = flag;
        flag = false;
        return was;
    }

    private static CommitAnswer Fence(CommitAnswer answer) => answer with
    {
        Answers = [.. answer.Answers.Select(static one => one with { Kind = AnswerKind.Fenced })],
    };
}
