using System.Collections.Concurrent;
using System.Text.Json;
using Hydra.Engine;
using Hydra.Storage;
using Hydra.Tests.Support;

namespace Hydra.Tests.Forks;

/// <summary>Executions that go on from a step of another one.</summary>
public class ForkTests
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(4);

    private readonly ConcurrentQueue<string> _bodies = new();

    private sealed record Pair(string First, string Second);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_step_and_all_behind_it_run_anew_and_the_source_stays_as_it_is()
    {
        await using var world = new World();
        var source = await world.StartAsync<string, string>(ThreeSteps, "in");
        var first = await world.Until(source.ResultAsync(Token));
        var before = ExecutionJson.Format(await source.DescribeAsync(Token));
        _bodies.Clear();
        await world.PassAsync(TimeSpan.FromSeconds(5));

        var fork = await world.Until(source.ForkAsync("b", cancellationToken: Token));

        Assert.Equal(first, await world.Until(fork.ResultAsync(Token))); // Its guid and time among it.
        Assert.Equal(["b:in+a", "c:in+a+b"], _bodies);
        Assert.Equal(before, ExecutionJson.Format(await source.DescribeAsync(Token)));
        Assert.Equal(Origin.OfFork(source.Id, "b", 2, ForkEdits.None), await fork.OriginAsync(Token));
        Assert.Null(await source.OriginAsync(Token));
        var old = (await source.DescribeAsync(Token)).Journal[1];
        Assert.Equal(old with { Epoch = 0 }, (await fork.DescribeAsync(Token)).Journal[1]);
    }

    [Fact]
    public async Task The_first_step_can_be_forked_from_and_the_last()
    {
        await using var world = new World();
        var source = await world.StartAsync<string, string>(ThreeSteps, "in");
        var first = await world.Until(source.ResultAsync(Token));
        _bodies.Clear();

        foreach (var step in new[] { "a", "c" })
        {
            var fork = await world.Until(source.ForkAsync(step, cancellationToken: Token));
            Assert.Equal(first, await world.Until(fork.ResultAsync(Token)));
        }

        Assert.Equal(["a:in", "b:in+a", "c:in+a+b", "c:in+a+b"], _bodies);
    }

    [Fact]
    public async Task An_edited_input_is_given_to_the_body_and_recorded()
    {
        await using var world = new World();
        var source = await world.StartAsync<string, string>(ThreeSteps, "in");
        await world.Until(source.ResultAsync(Token));
        _bodies.Clear();

        var fork = await world.Until(
            source.ForkAsync("b", new ForkOptions().WithStepInput("other"), Token));
        await world.Until(fork.ResultAsync(Token));

        Assert.Equal(["b:other", "c:other+b"], _bodies);
        var step = Steps(await fork.DescribeAsync(Token)).Single(step => Text(step, "key") == "b");
        Assert.Equal(("other", "other+b"), (Text(step, "input"), Text(step, "output")));
        Assert.Equal(ForkEdits.StepInput, (await fork.OriginAsync(Token))!.Edits);
        Assert.Equal(
            ReplayVerdict.Matches, (await world.Until(fork.ReplayAsync(cancellationToken: Token))).Verdict);
    }

    [Fact]
    public async Task An_edited_input_outlives_a_crash_and_a_fork_of_the_fork()
    {
        await using var world = new World();
        var source = await world.StartAsync<string, string>(ThreeSteps, "in");
        await world.Until(source.ResultAsync(Token));
        var fork = await world.Until(source.ForkAsync("b", new ForkOptions().WithStepInput("other"), Token));
        await world.Until(fork.ResultAsync(Token));
        _bodies.Clear();

        var behind = await world.Until(fork.ForkAsync("c", cancellationToken: Token));
        await world.Until(behind.ResultAsync(Token));
        var same = await world.Until(fork.ForkAsync("b", cancellationToken: Token));
        await world.Until(same.ResultAsync(Token));

        Assert.Equal(["c:other+b", "b:other", "c:other+b"], _bodies);
    }

    [Fact]
    public async Task A_given_outcome_stands_for_the_body_and_says_so()
    {
        await using var world = new World();
        var source = await world.StartAsync<string, string>(ThreeSteps, "in");
        await world.Until(source.ResultAsync(Token));
        _bodies.Clear();

        var fork = await world.Until(source.ForkAsync("b", new ForkOptions().WithStepOutput("given"), Token));
        await world.Until(fork.ResultAsync(Token));

        Assert.Equal(["c:given"], _bodies);
        var steps = Steps(await fork.DescribeAsync(Token));
        Assert.Equal(
            [("a", "copied", "in+a"), ("b", "given", "given"), ("c", null, "given+c")],
            steps.Select(step => (Text(step, "key"), Text(step, "origin"), Text(step, "output"))));
    }

    [Fact]
    public async Task A_failure_can_be_replaced_by_an_outcome()
    {
        await using var world = new World();
        var source = await world.StartAsync<string, string>(
            async (context, input) => await context.StepAsync("a", input, Run)
                + await context.StepAsync<string, string>(
                    "broken", input, (_, _) => throw new NonRetryableException("no")),
            "in",
            new StartOptions { MaxAttempts = 1 });
        Assert.Equal(ExecutionState.Failed, (await world.EndOf(source)).Row.State);

        var fork = await world.Until(source.ForkAsync("broken", new ForkOptions().WithStepOutput("!"), Token));

        Assert.Equal("in+a!", await world.Until(fork.ResultAsync(Token)));
        Assert.Equal(["a:in"], _bodies);
    }

    [Fact]
    public async Task Another_input_of_the_workflow_is_taken_where_the_code_asks_for_the_same()
    {
        await using var world = new World();
        var source = await world.StartAsync<Pair, string>(
            async (context, input) =>
                await context.StepAsync("b", await context.StepAsync("a", input.First, Run) + input.Second, Run),
            new Pair("x", "y"));
        await world.Until(source.ResultAsync(Token));
        _bodies.Clear();

        var fork = await world.Until(
            source.ForkAsync("b", new ForkOptions().WithWorkflowInput(new Pair("x", "z")), Token));
        var blocked = await world.Until(
            source.ForkAsync("b", new ForkOptions().WithWorkflowInput(new Pair("w", "z")), Token));

        Assert.Equal("x+az+b", await world.Until(fork.ResultAsync(Token)));
        Assert.Equal(["b:x+az"], _bodies);
        var details = await world.Now(blocked);
        Assert.Equal(ExecutionState.Blocked, details.Row.State);
        var difference = EngineJson.ReadFailure(Assert.Single(details.Refusals).Difference);
        Assert.Contains("The input of step 'a' at seq 1 was \"x\"", difference.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_input_that_the_step_cannot_read_blocks_the_fork()
    {
        await using var world = new World();
        var source = await world.StartAsync<string, string>(ThreeSteps, "in");
        await world.Until(source.ResultAsync(Token));
        _bodies.Clear();

        var fork = await world.Until(source.ForkAsync("b", new ForkOptions().WithStepInput(5), Token));

        Assert.Equal(ExecutionState.Blocked, (await world.Now(fork)).Row.State);
        Assert.Empty(_bodies);
    }

    [Fact]
    public async Task What_was_not_delivered_before_runs_again()
    {
        await using var world = new World();
        var source = await world.StartAsync<int, string>(
            async (context, _) => string.Concat(await Task.WhenAll(
                context.StepAsync("slow", "1", After(3)),
                context.StepAsync("quick", "2", After(1)),
                context.StepAsync("middle", "3", After(2)))),
            0);
        var first = await world.Until(source.ResultAsync(Token));
        _bodies.Clear();

        var fork = await world.Until(source.ForkAsync("middle", cancellationToken: Token));

        Assert.Equal(first, await world.Until(fork.ResultAsync(Token)));
        Assert.Equal(["1", "3"], _bodies.Order(StringComparer.Ordinal));

        Func<string, CancellationToken, Task<string>> After(int seconds) => async (input, token) =>
        {
            _bodies.Enqueue(input);
            await Task.Delay(TimeSpan.FromSeconds(seconds), world.Clock, token);
            return input;
        };
    }

    [Fact]
    public async Task Sleeps_that_are_copied_are_over_and_others_have_as_long_to_go_as_they_had()
    {
        await using var world = new World();
        var source = await world.StartAsync<int, string>(
            async (context, _) =>
            {
                await context.SleepAsync(Long);
                var timer = context.SleepAsync(Long);
                await context.StepAsync("half", Long / 2, async (time, token) =>
                {
                    await Task.Delay(time, world.Clock, token);
                    return "";
                });
                var step = context.StepAsync("a", "x", Run);
                var winner = await Task.WhenAny(timer, step);
                await timer;
                return winner == step ? "step" : "timer";
            },
            0);
        Assert.Equal("step", await world.Until(source.ResultAsync(Token)));
        await world.AdvanceAsync(Long * 30);
        var began = world.Elapsed;

        var fork = await world.Until(source.ForkAsync("a", cancellationToken: Token));

        Assert.Equal("step", await world.Until(fork.ResultAsync(Token)));
        var second = TimeSpan.FromSeconds(1);
        Assert.InRange(world.Elapsed - began, (Long / 2) - second, (Long / 2) + second);
    }

    [Fact]
    public async Task What_a_cancellation_cut_off_is_forked_from_without_it()
    {
        await using var world = new World();
        var hangs = true;
        var source = await world.StartAsync<string, string>(
            async (context, input) => await context.StepAsync("b", await context.StepAsync("a", input, Run),
                async (value, token) =>
                {
                    await Task.Delay(hangs ? Timeout.InfiniteTimeSpan : TimeSpan.Zero, world.Clock, token);
                    return value + "!";
                }),
            "in");
        await world.PassAsync(TimeSpan.FromSeconds(5));
        await world.Until(source.CancelAsync(Token));
        Assert.Equal(ExecutionState.Cancelled, (await world.EndOf(source)).Row.State);
        hangs = false;

        var fork = await world.Until(source.ForkAsync("b", cancellationToken: Token));

        Assert.Equal("in+a!", await world.Until(fork.ResultAsync(Token)));
        Assert.Equal(["a:in"], _bodies);
    }

    [Fact]
    public async Task A_step_of_a_later_attempt_is_forked_from_with_what_that_attempt_had()
    {
        await using var world = new World();
        var fails = 1;
        var source = await world.StartAsync<string, string>(
            async (context, input) => await context.StepAsync("c", await context.StepAsync(
                "b", await context.StepAsync("a", input, Run), (value, token) => Interlocked.Decrement(ref fails) < 0
                    ? Run(value, token) : throw new TimeoutException("once")), Run),
            "in",
            new StartOptions { MaxAttempts = 3 },
            new WorkflowOptions { StepRetry = new RetryPolicy { MaxAttempts = 1 } });
        var end = await world.EndOf(source);
        Assert.Equal((ExecutionState.Completed, 2), (end.Row.State, end.Row.Attempt));
        _bodies.Clear();
        var fork = await world.Until(source.ForkAsync("c", cancellationToken: Token));

        Assert.Equal("in+a+b+c", await world.Until(fork.ResultAsync(Token)));
        Assert.Equal(["c:in+a+b"], _bodies);
    }

    [Fact]
    public async Task With_a_key_the_same_fork_is_a_repetition_and_another_a_conflict()
    {
        await using var world = new World();
        var source = await world.StartAsync<string, string>(ThreeSteps, "in");
        await world.Until(source.ResultAsync(Token));
        var options = new ForkOptions { Key = "again" }.WithStepInput("x");

        var fork = await world.Until(source.ForkAsync("b", options, Token));
        var same = await world.Until(source.ForkAsync("b", options, Token));

        Assert.Equal(fork.Id, same.Id);
        await Assert.ThrowsAsync<StartConflictException>(
            () => world.Until(source.ForkAsync("b", options.WithStepInput("y"), Token)));
        await Assert.ThrowsAsync<StartConflictException>(() => world.Until(source.ForkAsync("c", options, Token)));
    }

    [Fact]
    public async Task What_cannot_be_forked_is_told_in_words()
    {
        await using var world = new World();
        var source = await world.StartAsync<string, string>(ThreeSteps, "in");
        await world.Until(source.ResultAsync(Token));

        var unknown = await Assert.ThrowsAsync<ArgumentException>(
            () => world.Until(source.ForkAsync("d", cancellationToken: Token)));
        await Assert.ThrowsAsync<ArgumentException>(() => world.Until(
            source.ForkAsync("b", new ForkOptions().WithStepInput("x").WithStepOutput("y"), Token)));
        await Assert.ThrowsAsync<ExecutionNotFoundException>(() => world.Until(
            world.Clients[0].Execution(new ExecutionId(Guid.NewGuid())).ForkAsync("a", cancellationToken: Token)));

        Assert.Contains("It has 'a', 'b', 'c'.", unknown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_fork_begins_with_no_more_bytes_than_are_written_at_once()
    {
        await using var world = new World();
        var piece = new string('x', 1_048_000); // With its quotes and the entry around it under 1 MiB.
        var source = await world.StartAsync<string, int>(
            async (context, _) =>
            {
                for (var i = 0; i < 17; i++)
                {
                    await context.StepAsync("fill", _ => Task.FromResult(piece));
                }

                return await context.StepAsync("end", _ => Task.FromResult(1));
            },
            "in");
        await world.Until(source.ResultAsync(Token));

        var last = await world.Until(source.ForkAsync("fill#17", cancellationToken: Token)); // Behind 16 of them.
        var error = await Assert.ThrowsAsync<ArgumentException>(
            () => world.Until(source.ForkAsync("end", cancellationToken: Token)));

        Assert.Equal(1, await world.Until(last.ResultAsync(Token)));
        Assert.Contains("Fork from an earlier step", error.Message, StringComparison.Ordinal);
        Assert.Equal(2, (await world.Clients[0].ListAsync(cancellationToken: Token)).Count);
        Assert.InRange(
            (await last.DescribeAsync(Token)).Journal.Take(17).Sum(static entry => (long)entry.Size),
            Limits.MaxForkBytes * 9L / 10,
            Limits.MaxForkBytes + 1_000);
    }

    [Fact]
    public async Task A_rerun_has_the_same_input_to_the_byte_and_its_source_may_be_alive()
    {
        await using var world = new World();
        var client = await world.OpenAsync<JsonElement, string>(async (context, input) =>
        {
            await context.SleepAsync(Day);
            return input.GetRawText();
        });
        var input = Payload.Create("""{ "a" : 1.50 }"""u8);
        var source = await world.Until(client.StartAsync(
            "test",
            input,
            new StartOptions { Key = "k", MaxAttempts = 7, Timeout = Day * 3, Priority = ExecutionPriority.High },
            Token));
        await world.PassAsync(TimeSpan.FromSeconds(2));
        var before = ExecutionJson.Format(await source.DescribeAsync(Token));

        var rerun = await world.Until(source.RerunAsync(cancellationToken: Token));

        var details = await world.Now(rerun);
        Assert.Equal(input, details.Journal[0].Input);
        Assert.Equal(
            ((string?)null, 7, ExecutionPriority.High, Day * 3),
            (details.Row.Key, details.Row.MaxAttempts, details.Row.Priority,
                details.Row.Deadline!.Value.Since(details.Row.CreatedAt)));
        Assert.Equal(before, ExecutionJson.Format(await source.DescribeAsync(Token)));
        Assert.Equal(Origin.OfRerun(source.Id), details.Origin);
        Assert.Equal(source.Id.Shard, rerun.Id.Shard);
        await world.AdvanceAsync(Day);
        Assert.Equal(ExecutionState.Completed, (await world.EndOf(rerun)).Row.State);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_timeout_of_what_was_started_for_later_is_the_same(bool atAnInstant)
    {
        await using var world = new World();
        var timeout = TimeSpan.FromMinutes(10);
        var start = new StartOptions { Timeout = timeout };
        var source = await world.StartAsync<string, string>(
            ThreeSteps,
            "in",
            atAnInstant ? start with { StartAt = World.Start + Day } : start with { Delay = Day });
        await world.AdvanceAsync(Day);
        await world.Until(source.ResultAsync(Token));

        var rerun = await world.Until(source.RerunAsync(cancellationToken: Token));
        var fork = await world.Until(rerun.ForkAsync("b", cancellationToken: Token));
        var again = await world.Until(fork.RerunAsync(cancellationToken: Token));

        foreach (var row in new[] { rerun, fork, again }.Select(async one => (await one.DescribeAsync(Token)).Row))
        {
            Assert.Equal(timeout, (await row).Deadline!.Value.Since((await row).CreatedAt));
        }

        var entry = JsonDocument.Parse(ExecutionJson.Format(await rerun.DescribeAsync(Token)))
            .RootElement.GetProperty("timeline")[0];
        Assert.Equal("input", entry.GetProperty("kind").GetString());
    }

    private async Task<string> ThreeSteps(WorkflowContext context, string input)
    {
        var (id, began) = (context.NewGuid(), context.UtcNow);
        var a = await context.StepAsync("a", input, Run);
        var b = await context.StepAsync("b", a, Run);
        return $"{await context.StepAsync("c", b, Run)} {id} {began:O}";
    }

    private Task<string> Run(string input, CancellationToken token)
    {
        var key = StepContext.Current!.StepKey;
        _bodies.Enqueue($"{key}:{input}");
        return Task.FromResult($"{input}+{key}");
    }

    private static List<JsonElement> Steps(ExecutionDetails details) =>
        [.. JsonDocument.Parse(ExecutionJson.Format(details)).RootElement.GetProperty("steps").EnumerateArray()];

    private static string? Text(JsonElement step, string name) => step.GetProperty(name).GetString();
}
