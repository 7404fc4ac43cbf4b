using System.Collections.Concurrent;
using Hydra.Tests.Support;

namespace Hydra.Tests.Forks;

/// <summary>What a fork would come to: no body runs, and nothing is made.</summary>
public class DryForkTests
{
    private readonly ConcurrentQueue<string> _bodies = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_step_would_run_anew_with_its_input()
    {
        var report = await DryForkAsync("b", new ForkOptions());

        Assert.Equal((ReplayVerdict.Matches, null), (report.Verdict, report.FoundEnd));
        var call = Assert.Single(report.Calls);
        Assert.Equal(("b", "\"in-a\""), (call.Key, call.Input.Text()));
        Assert.Equal(
            [("a", true), ("b", false), ("c", false)],
            report.Steps.Select(step => (step.Recorded.Key, step.IsEqual)));
    }

    [Fact]
    public async Task An_edited_input_is_what_the_step_would_run_with()
    {
        var report = await DryForkAsync("b", new ForkOptions().WithStepInput("other"));

        Assert.Equal(ReplayVerdict.Matches, report.Verdict);
        Assert.Equal(("b", "\"other\""), (report.Calls.Single().Key, report.Calls.Single().Input.Text()));
    }

    [Fact]
    public async Task A_given_outcome_goes_as_far_as_the_inputs_stay_the_same()
    {
        var same = await DryForkAsync("b", new ForkOptions().WithStepOutput("in-a-b"));
        var other = await DryForkAsync("b", new ForkOptions().WithStepOutput("other"));

        Assert.Equal((ReplayVerdict.Matches, "\"in-a-b-c\""), (same.Verdict, same.FoundEnd?.Output.Text()));
        Assert.Empty(same.Calls);
        Assert.Equal(["a", "b", "c"], same.Steps.Where(one => one.IsEqual).Select(one => one.Recorded.Key));
        Assert.Equal((ReplayVerdict.Matches, null), (other.Verdict, other.FoundEnd));
        Assert.Equal(("c", "\"other\""), (other.Calls.Single().Key, other.Calls.Single().Input.Text()));
    }

    [Fact]
    public async Task A_fork_that_would_be_blocked_differs_as_the_fork_does()
    {
        await using var world = new World();
        var source = await world.StartAsync<string, string>(ThreeSteps, "in");
        await world.EndOf(source);
        var options = new ForkOptions().WithWorkflowInput("another");

        var report = await world.Until(source.DryForkAsync("b", options, Token));
        var fork = await world.Until(source.ForkAsync("b", options, Token));
        await world.RestAsync();

        Assert.Equal(ReplayVerdict.Differs, report.Verdict);
        Assert.Contains("The input of step 'a' at seq 1 was \"in\"", report.Difference);
        var refusal = Assert.Single((await fork.DescribeAsync(Token)).Refusals);
        Assert.Equal(report.Difference, Failure.Read(refusal.Difference)?.Message);
    }

    [Fact]
    public async Task The_code_sees_the_id_and_the_key_of_a_fork()
    {
        await using var world = new World();
        var source = await world.StartAsync<string, string>(
            (context, _) => context.StepAsync(
                "a", $"{context.ExecutionId} {context.Key}", (value, _) => Task.FromResult(value)),
            "in",
            new() { Key = "source" });
        await world.EndOf(source);

        var report = await world.Until(source.DryForkAsync("a", new() { Key = "fork" }, Token));

        var input = Assert.Single(report.Calls).Input.Text();
        Assert.DoesNotContain(source.Id.ToString(), input, StringComparison.Ordinal);
        Assert.EndsWith(" fork\"", input, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_forked_is_refused_alike()
    {
        await using var world = new World();
        var source = await world.StartAsync<string, string>(ThreeSteps, "in");
        await world.EndOf(source);
        var both = new ForkOptions().WithStepInput("x").WithStepOutput("y");

        var unknown = await Assert.ThrowsAsync<ArgumentException>(() => source.DryForkAsync("d", null, Token));
        await Assert.ThrowsAsync<ArgumentException>(() => source.DryForkAsync("b", both, Token));

        Assert.Contains("It has 'a', 'b', 'c'.", unknown.Message, StringComparison.Ordinal);
    }

    private async Task<ReplayReport> DryForkAsync(string step, ForkOptions options)
    {
        await using var world = new World();
        var source = await world.StartAsync<string, string>(ThreeSteps, "in");
        var before = HistoryJson.Format(await world.EndOf(source));
        _bodies.Clear();

        var report = await world.Until(source.DryForkAsync(step, options, Token));

        Assert.Empty(_bodies);
        Assert.Equal(before, HistoryJson.Format(await source.DescribeAsync(Token)));
        Assert.Single(await world.Clients[0].ListAsync(cancellationToken: Token));
        return report;
    }

    private async Task<string> ThreeSteps(WorkflowContext context, string input)
    {
        var a = await context.StepAsync("a", input, (value, _) => Body(value, "a"));
        var b = await context.StepAsync("b", a, (value, _) => Body(value, "b"));
        return await context.StepAsync("c", b, (value, _) => Body(value, "c"));
    }

    private Task<string> Body(string input, string step)
    {
        _bodies.Enqueue(step);
        return Task.FromResult($"{input}-{step}");
    }
}
