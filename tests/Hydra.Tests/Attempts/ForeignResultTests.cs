using Hydra.Tests.Support;

namespace Hydra.Tests.Attempts;

/// <summary>
/// Results of an earlier attempt that were asked for after something foreign, such as a call of another library.
/// </summary>
public class ForeignResultTests
{
    private static readonly StepOptions Once = new() { Retry = RetryPolicy.None };

    private readonly List<string> _runs = [];

    [Theory]
    [InlineData(1)]
    [InlineData(60)]
    public async Task A_result_asked_for_behind_a_foreign_await_is_waited_for_until_that_has_come_back(int seconds)
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
                (await Task.WhenAll(Step(context, "flaky"), ForeignAsync(context))).Sum(),
            0);

        var details = await world.EndOf(handle);

        Assert.Equal((ExecutionState.Completed, 2), (details.Row.State, details.Row.Attempt));
        Assert.Equal(["flaky", "flaky", "landed"], _runs.Order());
        Assert.Contains(details.Steps(), entry => entry is { Key: "landed", OriginSeq: > 0 });

        async Task<int> ForeignAsync(WorkflowContext context)
        {
            await Task.Delay(TimeSpan.FromSeconds(seconds), world.Clock);
            return await Step(context, "landed");
        }
    }

    /// <summary>Each of them has all the time there is.</summary>
    [Fact]
    public async Task A_result_asked_for_behind_several_foreign_awaits_is_waited_for_while_one_after_the_other_comes()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
                (await Task.WhenAll(Step(context, "flaky"), ForeignAsync(context))).Sum(),
            0);

        var details = await world.EndOf(handle);

        Assert.Equal((ExecutionState.Completed, 2), (details.Row.State, details.Row.Attempt));
        Assert.Equal(["flaky", "flaky", "landed"], _runs.Order());

        async Task<int> ForeignAsync(WorkflowContext context)
        {
            await Task.Delay(TimeSpan.FromMinutes(4), world.Clock);
            await Task.Delay(TimeSpan.FromMinutes(4), world.Clock);
            return await Step(context, "landed");
        }
    }

    [Fact]
    public async Task Code_that_acts_on_a_failure_behind_a_foreign_await_is_found_out_when_its_patience_ends()
    {
        await using var world = new World();
        var handle = await world.StartAsync<int, int>(
            async (context, _) =>
            {
                try
                {
                    return await Step(context, "flaky");
                }
                catch (StepFailedException)
                {
                    await Task.Delay(TimeSpan.FromSeconds(1), world.Clock);
                    await Step(context, "landed"); // Undoes something.
                    throw;
                }
            },
            0);
        await world.PassAsync(TimeSpan.FromSeconds(2));
        var before = world.Elapsed;

        var details = await world.EndOf(handle);

        Assert.Equal((ExecutionState.Failed, 2), (details.Row.State, details.Row.Attempt));
        Assert.Equal("Hydra.ResultLeftBehind", details.End().Type);
        Assert.Equal(["flaky", "landed"], _runs);
        Assert.InRange((world.Elapsed - before).TotalMinutes, 4.9, 5.2);
    }

    private Task<int> Step(WorkflowContext context, string name) => context.StepAsync(
        name,
        _ =>
        {
            lock (_runs)
            {
                _runs.Add(name);
                return name == "flaky" && _runs.Count(run => run == "flaky") == 1
                    ? throw new InvalidOperationException("no")
                    : Task.FromResult(1);
            }
        },
        Once);
}
