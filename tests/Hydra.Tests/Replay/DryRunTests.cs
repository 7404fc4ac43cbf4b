using Hydra.Tests.Support;

namespace Hydra.Tests.Replay;

/// <summary>Runs from a step on over recorded values, with edited ones among them; no body runs.</summary>
public class DryRunTests
{
    private int _bodies;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_step_that_would_run_anew_is_awaited_and_what_stands_before_it_is_given()
    {
        var report = await DryRunAsync(new() { FromStep = "double" });

        Assert.Equal((ReplayVerdict.Matches, null), (report.Verdict, report.FoundEnd));
        Assert.Equal("double", Assert.Single(report.Calls).Key);
        Assert.Equal(
            [("take", true), ("double", false), ("note", false), ("sum", false)],
            report.Steps.Select(step => (step.Recorded.Key, step.IsEqual)));
    }

    [Fact]
    public async Task An_edited_outcome_goes_as_far_as_the_inputs_stay_the_same()
    {
        var report = await DryRunAsync(new() { FromStep = "double", StepOutput = Payload.Create("100"u8) });

        Assert.Equal((ReplayVerdict.Matches, null), (report.Verdict, report.FoundEnd));
        Assert.Equal(
            [("take", true), ("double", true), ("note", true), ("sum", false)],
            report.Steps.Select(step => (step.Recorded.Key, step.IsEqual)));
        var call = Assert.Single(report.Calls);
        Assert.Equal(("sum", "105"), (call.Key, call.Input.Text()));
        Assert.Equal("105", report.Steps[^1].Issued!.Input.Text());
        Assert.Equal("15", report.Steps[^1].Recorded.Input.Text());
    }

    [Fact]
    public async Task An_outcome_that_is_given_as_it_was_leads_to_the_same_end()
    {
        var report = await DryRunAsync(new() { FromStep = "double", StepOutput = Payload.Create("10"u8) });

        Assert.Equal("15", report.FoundEnd!.Output.Text());
        Assert.Equal("15", report.RecordedEnd!.Output.Text());
        Assert.Empty(report.Calls);
    }

    [Fact]
    public async Task Another_input_of_the_workflow_stops_where_it_reaches_a_step()
    {
        var report = await DryRunAsync(new() { WorkflowInput = Payload.Create("6"u8) });

        Assert.Equal(ReplayVerdict.Matches, report.Verdict);
        Assert.Equal(("take", "6"), (Assert.Single(report.Calls).Key, report.Calls[0].Input.Text()));
        Assert.DoesNotContain(report.Steps, step => step.IsEqual);
    }

    [Fact]
    public async Task What_was_recorded_before_the_step_must_still_be_asked_for()
    {
        var report = await DryRunAsync(new() { FromStep = "double", WorkflowInput = Payload.Create("6"u8) });

        Assert.Equal(ReplayVerdict.Differs, report.Verdict);
        Assert.Contains("The input of step 'take' at seq 1 was 5, but the code gives it 6", report.Difference);
    }

    [Fact]
    public async Task An_outcome_that_the_code_cannot_read_is_told()
    {
        var report = await DryRunAsync(new() { FromStep = "double", StepOutput = Payload.Create("\"x\""u8) });

        Assert.Equal(ReplayVerdict.Unreadable, report.Verdict);
        Assert.Contains("The output of step 'double'", report.Difference);
    }

    [Fact]
    public async Task A_step_that_has_no_outcome_and_an_outcome_of_no_step_are_refused()
    {
        var unknown = await Assert.ThrowsAsync<ArgumentException>(() => DryRunAsync(new() { FromStep = "no" }));
        await Assert.ThrowsAsync<ArgumentException>(() => DryRunAsync(new() { StepOutput = default(Payload) }));

        Assert.Contains("There are 'take', 'double', 'note', 'sum'.", unknown.Message);
    }

    private async Task<ReplayReport> DryRunAsync(ReplayOptions options)
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int input) =>
            {
                var taken = await context.StepAsync("take", input, (value, _) => Body(value));
                var doubled = await context.StepAsync("double", taken, (value, _) => Body(value * 2));
                await context.StepAsync("note", 1, (value, _) => Body(value));
                return await context.StepAsync("sum", taken + doubled, (value, _) => Body(value));
            },
            5);
        await world.EndOf(handle);
        var bodies = _bodies;
        var report = await world.Until(handle.ReplayAsync(options, Token));
        Assert.Equal(bodies, _bodies);
        return report;
    }

    private Task<int> Body(int value)
    {
        Interlocked.Increment(ref _bodies);
        return Task.FromResult(value);
    }
}
