using Hydra.Storage;
using Hydra.Tests.Support;

namespace Hydra.Tests.Bounds;

public class LimitTests
{
    private const int Bytes = 2_000;

    [Theory]
    [InlineData(-1, true)]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public async Task An_input_of_a_workflow_may_be_as_long_as_the_limit(int difference, bool allowed)
    {
        await using var world = new World();
        var client = await world.OpenAsync(
            hydra => hydra.Limits = new() { PayloadBytes = Bytes, JournalBytes = 100_000 }, worker: null);
        var text = new string('x', Bytes - 2 + difference);

        var typed = await Record.ExceptionAsync(() => client.Workflow<string, int>("test").StartAsync(text));
        var raw = await Record.ExceptionAsync(
            () => client.StartAsync("test", Payload.Create(new byte[Bytes + difference], "application/octet-stream")));

        Assert.Equal((allowed, allowed), (typed is null, raw is null));
        Assert.Equal(allowed ? 2 : 0, (await client.ListAsync()).Count);
        if (!allowed)
        {
            Assert.Contains("2,001 bytes, but at most 2,000", Assert.IsType<PayloadException>(typed).Message,
                StringComparison.Ordinal);
            Assert.IsType<PayloadException>(raw);
        }
    }

    [Fact]
    public async Task An_output_of_a_workflow_over_the_limit_fails_it()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            (WorkflowContext _, int length) => Task.FromResult(new string('x', length)),
            Bytes - 1,
            configure: hydra => hydra.Limits = new() { PayloadBytes = Bytes });

        var details = await world.EndOf(handle);

        Assert.Equal((ExecutionState.Failed, 1), (details.Row.State, details.Row.Attempt));
        Assert.Contains("The output of the workflow has 2,001 bytes", details.End().Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Large_payloads_are_logged_with_their_size_and_not_their_content()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            async (WorkflowContext context, string text) =>
            {
                await context.StepAsync("takes", text, (_, _) => Task.CompletedTask);
                return await context.StepAsync("gives", _ => Task.FromResult(text));
            },
            new string('x', 1_500),
            configure: hydra => hydra.Limits = new() { PayloadWarningBytes = 1_000 });
        await world.EndOf(handle);

        var warnings = world.Log.Lines.Where(line => line.Contains("A payload of", StringComparison.Ordinal)).ToList();

        Assert.All(warnings, line => Assert.Contains($"{handle.Id} has 1522 bytes", line, StringComparison.Ordinal));
        Assert.Contains(warnings, line => line.Contains("(input of the workflow)", StringComparison.Ordinal));
        Assert.Contains(warnings, line => line.Contains("(takes)", StringComparison.Ordinal));
        Assert.Contains(warnings, line => line.Contains("(gives)", StringComparison.Ordinal));
        Assert.DoesNotContain("xxxxx", world.Log.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Payloads_of_ordinary_size_are_not_logged()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            (WorkflowContext context, string text) =>
                context.StepAsync("copy", text, (copy, _) => Task.FromResult(copy)),
            new string('x', 900),
            configure: hydra => hydra.Limits = new() { PayloadWarningBytes = 1_000 });

        await world.EndOf(handle);

        Assert.DoesNotContain("A payload of", world.Log.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_journal_of_too_many_entries_fails_its_execution_with_advice()
    {
        await using var world = new World();
        var runs = 0;
        var handle = await world.StartAsync<int, int>(
            async (context, _) =>
            {
                while (true)
                {
                    await context.StepAsync("again", _ => Task.FromResult(++runs));
                }
            },
            0,
            configure: hydra => hydra.Limits = new() { JournalEntries = 20 });

        var details = await world.EndOf(handle);

        Assert.Equal((ExecutionState.Failed, 1), (details.Row.State, details.Row.Attempt));
        Assert.Equal("Hydra.JournalLimit", details.End().Type);
        Assert.Contains("20 entries", details.End().Message, StringComparison.Ordinal);
        Assert.Contains(
            "the limits are 20 and ", details.End().Message, StringComparison.Ordinal);
        Assert.Contains("Limits.JournalEntries", details.End().Message, StringComparison.Ordinal);
        Assert.True(details.End().NonRetryable);
        Assert.Equal(21, details.Journal.Count);
        Assert.InRange(runs, 19, 20);
    }

    [Fact]
    public async Task A_body_that_runs_when_its_journal_is_full_is_told_to_stop_and_recorded()
    {
        await using var world = new World();
        var fired = new TaskCompletionSource();
        var handle = await world.StartAsync<int, int>(
            async (context, _) =>
            {
                var slow = context.StepAsync("slow", async token =>
                {
                    await using var registration = token.Register(() => fired.TrySetResult());
                    await Task.Delay(Timeout.Infinite, token);
                });
                while (!slow.IsCompleted)
                {
                    await context.StepAsync("again", _ => Task.CompletedTask);
                }

                return 1;
            },
            0,
            configure: hydra => hydra.Limits = new() { JournalEntries = 20 });

        var details = await world.EndOf(handle);
        await world.Until(fired.Task);

        Assert.Equal("Hydra.JournalLimit", details.End().Type);
        Assert.Contains(details.Tries, row => row is { Key: "slow", Phase: TryPhase.Abandoned });
    }

    [Fact]
    public async Task A_journal_of_too_many_bytes_fails_its_execution()
    {
        await using var world = new World();
        var handle = await world.StartAsync<int, int>(
            async (context, _) =>
            {
                while (true)
                {
                    await context.StepAsync("again", _ => Task.FromResult(new string('x', 1_000)));
                }
            },
            0,
            configure: hydra => hydra.Limits = new() { PayloadBytes = 5_000, JournalBytes = 20_000 });

        var details = await world.EndOf(handle);

        Assert.Equal("Hydra.JournalLimit", details.End().Type);
        Assert.InRange(details.Journal.Sum(entry => entry.Size), 20_000, 24_000);
    }

    [Fact]
    public async Task An_attempt_that_fails_when_its_journal_is_full_is_the_last()
    {
        await using var world = new World();
        var handle = await world.StartAsync<int, int>(
            async (context, _) =>
            {
                for (var i = 0; i < 19; i++)
                {
                    await context.StepAsync("again", i, (input, _) => Task.FromResult(input));
                }

                throw new InvalidOperationException("no");
            },
            0,
            configure: hydra => hydra.Limits = new() { JournalEntries = 20 });

        var details = await world.EndOf(handle);

        Assert.Equal((ExecutionState.Failed, 1), (details.Row.State, details.Row.Attempt));
        Assert.Equal("Hydra.JournalLimit", details.End().Type);
        Assert.Equal(21, details.Journal.Count);
    }

    [Fact]
    public async Task An_execution_that_ends_just_within_its_journal_has_completed()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int count) =>
            {
                for (var i = 0; i < count; i++)
                {
                    await context.StepAsync("again", i, (input, _) => Task.FromResult(input));
                }

                return 7;
            },
            18,
            configure: hydra => hydra.Limits = new() { JournalEntries = 20 });

        Assert.Equal(7, await world.Until(handle.ResultAsync()));
    }

    [Fact]
    public async Task A_call_over_the_limit_of_outstanding_ones_is_refused()
    {
        await using var world = new World();

        var message = await world.RunAsync(
            async context =>
            {
                var steps = Enumerable.Range(0, 10).Select(number =>
                    context.StepAsync("many", number, (input, _) => Task.FromResult(input))).ToList();
                var step = Thrown.AtOnce<InvalidOperationException>(
                    () => context.StepAsync("one more", _ => Task.CompletedTask)).Message;
                var sleep = Thrown.AtOnce<InvalidOperationException>(() => context.SleepAsync(TimeSpan.Zero)).Message;
                await Task.WhenAll(steps);
                await context.StepAsync("afterwards", _ => Task.CompletedTask);
                return step == sleep ? step : "differs";
            },
            configure: hydra => hydra.Limits = new() { OutstandingCalls = 10 });

        Assert.Contains("10 durable calls outstanding", message, StringComparison.Ordinal);
        Assert.Contains("Limits.OutstandingCalls", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task As_many_calls_as_the_limit_may_be_outstanding()
    {
        await using var world = new World();

        var sum = await world.RunAsync(async context => (await Task.WhenAll(Enumerable.Range(0, 2_000).Select(number =>
            context.StepAsync("many", number, (input, _) => Task.FromResult(input))).ToList())).Sum());

        Assert.Equal(1_999_000, sum);
    }
}
