using Hydra.Engine;
using Hydra.Storage;
using Hydra.Tests.Support;

namespace Hydra.Tests.Attempts;

/// <summary>When no further attempt follows, and what the starter hears of the failure.</summary>
public class FailureTests
{
    [Fact]
    public async Task Asking_for_the_result_of_a_failed_execution_tells_what_went_wrong()
    {
        await using var world = new World();
        var handle = await world.StartAsync<int, int>(
            (_, _) => throw new InvalidOperationException("outside", new FormatException("inside")),
            0,
            new() { MaxAttempts = 1 });

        var thrown = await Assert.ThrowsAsync<WorkflowFailedException>(() => world.Until(handle.ResultAsync()));

        Assert.Equal((handle.Id, ExecutionState.Failed), (thrown.Id, thrown.State));
        Assert.Contains("System.InvalidOperationException: outside", thrown.Message, StringComparison.Ordinal);
        Assert.Equal(("System.InvalidOperationException", "outside"), (thrown.Failure!.Type, thrown.Failure.Message));
        Assert.Contains(nameof(FailureTests), thrown.Failure.Stack, StringComparison.Ordinal);
        Assert.Equal("System.FormatException: inside", Assert.Single(thrown.Failure.Inner!).ToString());
        await Assert.ThrowsAsync<WorkflowFailedException>(() => handle.OutputAsync());
        Assert.Equal(ExecutionState.Failed, await handle.WaitAsync());
    }

    [Fact]
    public async Task A_long_chain_of_failures_is_cut_and_ends_the_execution()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                Exception error = new InvalidOperationException("root");
                for (var i = 0; i < 50; i++)
                {
                    try
                    {
                        await context.StepAsync<int>(
                            "again",
                            _ => throw new InvalidOperationException("more", error),
                            new() { Retry = RetryPolicy.None });
                    }
                    catch (StepFailedException e)
                    {
                        error = e;
                    }
                }

                throw error;
#pragma warning disable CS0162 // What the compiler takes the result's type from.
                return 0;
#pragma warning restore CS0162
            },
            0,
            new() { MaxAttempts = 1 });

        var details = await world.EndOf(handle);

        Assert.Equal(ExecutionState.Failed, details.Row.State);
        Assert.InRange(Depth(details.End()), 4, 10);

        static int Depth(Failure failure) => 1 + (failure.Inner?.Max(Depth) ?? 0);
    }

    /// <summary>A tree of 2^60 exceptions, and one of 16^8, of a few objects each.</summary>
    [Theory]
    [InlineData(60, 2)]
    [InlineData(8, 16)]
    [InlineData(20_000, 1)]
    public async Task Exceptions_that_wrap_each_other_without_end_are_cut_and_end_the_execution(int levels, int width)
    {
        await using var world = new World();
        var handle = await world.StartAsync<int, int>(
            (context, _) => context.StepAsync<int>(
                "charge", _ => throw Wrapped(levels, width), new() { Retry = new() { MaxAttempts = 2 } }),
            0,
            new() { MaxAttempts = 2 });

        var details = await world.EndOf(handle);

        Assert.Equal((ExecutionState.Failed, 2), (details.Row.State, details.Row.Attempt));
        Assert.InRange(Count(details.End()), 8, Failures.MaxCount);

        static int Count(Failure failure) => 1 + (failure.Inner?.Sum(Count) ?? 0);

        static Exception Wrapped(int levels, int width)
        {
            Exception wrapped = new InvalidOperationException("root");
            for (var level = 0; level < levels; level++)
            {
                wrapped = width == 1
                    ? new InvalidOperationException("more", wrapped)
                    : new AggregateException(Enumerable.Repeat(wrapped, width));
            }

            return wrapped;
        }
    }

    [Fact]
    public async Task Large_failures_are_cut_to_what_can_be_read_again_also_when_payloads_are_small()
    {
        await using var world = new World();
        var handle = await world.StartAsync<int, int>(
            (_, _) => throw new AggregateException(Enumerable.Range(0, 16).Select(static number =>
                new AggregateException(Enumerable.Range(0, 16).Select(one =>
                    new InvalidOperationException($"{number}-{one} " + new string('語', 4096)))))),
            0,
            new() { MaxAttempts = 2 },
            configure: static hydra =>
            {
                hydra.Payloads.Compress();
                hydra.Limits = hydra.Limits with { PayloadBytes = 1024 };
            });

        var details = await world.EndOf(handle);

        Assert.Equal((ExecutionState.Failed, 2), (details.Row.State, details.Row.Attempt));
        Assert.Equal("System.AggregateException", details.End().Type);
    }

    [Fact]
    public async Task A_failed_step_is_an_inner_failure_of_its_execution()
    {
        await using var world = new World();
        var handle = await world.StartAsync<int, int>(
            (context, _) => context.StepAsync<int>(
                "charge", _ => throw new FormatException("inside"), new() { Retry = RetryPolicy.None }),
            0,
            new() { MaxAttempts = 1 });

        var details = await world.EndOf(handle);

        Assert.Equal("Hydra.StepFailedException", details.End().Type);
        Assert.Contains(
            "'charge' failed: System.FormatException: inside", details.End().Message, StringComparison.Ordinal);
        Assert.Equal("System.FormatException: inside", Assert.Single(details.End().Inner!).ToString());
    }

    [Fact]
    public async Task A_workflow_s_non_retryable_exception_ends_it_at_once()
    {
        await using var world = new World();
        var runs = 0;
        var handle = await world.StartAsync<int, int>(
            (_, _) =>
            {
                runs++;
                throw new InvalidOperationException("outer", new NonRetryableException("never"));
            },
            0,
            new() { MaxAttempts = 9 });

        var details = await world.EndOf(handle);

        Assert.Equal((1, ExecutionState.Failed), (runs, details.Row.State));
        Assert.True(details.End().NonRetryable);
    }

    [Fact]
    public async Task A_step_s_non_retryable_exception_ends_the_execution_at_once()
    {
        await using var world = new World();
        var runs = 0;
        var handle = await world.StartAsync<int, int>(
            (context, _) => context.StepAsync<int>("charge", _ =>
            {
                runs++;
                throw new NonRetryableException("card refused");
            }),
            0);

        var details = await world.EndOf(handle);

        Assert.Equal((1, 1), (runs, details.Row.Attempt));
    }

    [Fact]
    public async Task A_predicate_decides_which_exceptions_are_worth_another_attempt()
    {
        await using var world = new World();
        var runs = 0;
        var handle = await world.StartAsync<int, int>(
            (_, _) => throw (++runs < 3 ? new TimeoutException() : new FormatException()),
            0,
            new() { MaxAttempts = 9 },
            new() { RetryWhen = e => e is TimeoutException });

        var details = await world.EndOf(handle);

        Assert.Equal((3, "System.FormatException"), (runs, details.End().Type));
    }

    [Fact]
    public async Task A_predicate_that_throws_itself_ends_the_execution_with_the_workflow_s_own_failure()
    {
        await using var world = new World();
        var handle = await world.StartAsync<int, int>(
            (_, _) => throw new TimeoutException("the workflow's own"),
            0,
            options: new() { RetryWhen = _ => throw new FormatException("the predicate's") });

        var details = await world.EndOf(handle);

        Assert.Equal((1, "the workflow's own"), (details.Row.Attempt, details.End().Message));
        Assert.Contains("RetryWhen itself failed", world.Log.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_input_that_the_workflow_cannot_read_waits_for_a_build_that_can()
    {
        await using var world = new World();
        var client = await world.OpenAsync((WorkflowContext _, int number) => Task.FromResult(number));

        var handle = await client.StartAsync("test", Payload.Create("\"text\""u8));
        await world.RestAsync();
        var details = await handle.DescribeAsync();
        client = await world.OpenAsync(
            (WorkflowContext _, string text) => Task.FromResult(text),
            worker: worker => worker with { Build = "next" });
        var result = await world.Until(client.Execution<string>(handle.Id).ResultAsync());

        Assert.Equal((ExecutionState.Blocked, 1), (details.Row.State, details.Row.Attempt));
        Assert.Contains(
            "cannot be read as Int32", details.Refusals[0].Difference.Failure().Message, StringComparison.Ordinal);
        Assert.Equal("text", result);
    }

    [Fact]
    public async Task What_an_async_void_method_throws_ends_the_attempt()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                Forget(context);
                await context.SleepAsync(TimeSpan.FromDays(1));
                return 7;
            },
            0,
            new() { MaxAttempts = 1 });

        var details = await world.EndOf(handle);

        Assert.Equal((ExecutionState.Failed, "forgotten"), (details.Row.State, details.End().Message));

        static async void Forget(WorkflowContext context)
        {
            await context.StepAsync("work", _ => Task.CompletedTask);
            throw new InvalidOperationException("forgotten");
        }
    }

    [Fact]
    public async Task What_an_async_void_method_throws_stops_the_bodies_that_run()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                Forget(context);
                await context.StepAsync("slow", static token => Task.Delay(Timeout.Infinite, token));
                return 7;
            },
            0,
            new() { MaxAttempts = 1 });

        var details = await world.EndOf(handle);

        Assert.Equal(ExecutionState.Failed, details.Row.State);
        Assert.Equal(("slow", TryPhase.Abandoned), (Assert.Single(details.Tries).Key, details.Tries[0].Phase));

        static async void Forget(WorkflowContext context)
        {
            await context.SleepAsync(TimeSpan.FromMilliseconds(300));
            throw new InvalidOperationException("forgotten");
        }
    }

    [Fact]
    public async Task Of_what_several_async_void_methods_throw_the_first_counts()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                Forget("first");
                Forget("second");
                await context.SleepAsync(TimeSpan.FromDays(1));
                return 7;
            },
            0,
            new() { MaxAttempts = 1 });

        var details = await world.EndOf(handle);

        Assert.Equal((ExecutionState.Failed, "first"), (details.Row.State, details.End().Message));

        static async void Forget(string message)
        {
            await Task.Yield();
            throw new InvalidOperationException(message);
        }
    }

    [Fact]
    public async Task An_output_that_cannot_be_recorded_fails_the_workflow_for_good()
    {
        await using var world = new World();
        var handle = await world.StartAsync((WorkflowContext _, int _) => Task.FromResult<Action>(() => { }), 0);

        var details = await world.EndOf(handle);

        Assert.Equal((ExecutionState.Failed, 1), (details.Row.State, details.Row.Attempt));
        Assert.Contains("The output of the workflow", details.End().Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_output_that_the_caller_cannot_read_is_told_to_the_caller_only()
    {
        await using var world = new World();
        var handle = await world.StartAsync((WorkflowContext _, int _) => Task.FromResult("text"), 0);
        await world.EndOf(handle);
        var client = await world.OpenAsync(_ => { }, worker: null);

        await Assert.ThrowsAsync<PayloadException>(() => client.Execution<int>(handle.Id).ResultAsync());

        Assert.Equal(ExecutionState.Completed, (await handle.StatusAsync()).State);
        Assert.Equal("\"text\"", (await handle.OutputAsync()).Text());
    }

    [Fact]
    public async Task Failures_are_cut_to_size()
    {
        await using var world = new World();
        var handle = await world.StartAsync<int, int>(
            (_, _) =>
            {
                Exception deep = new FormatException(new string('x', 1_000_000));
                for (var i = 0; i < 100; i++)
                {
                    deep = new InvalidOperationException(new string('y', 10_000), deep);
                }

                throw deep;
            },
            0,
            new() { MaxAttempts = 1 });

        var details = await world.EndOf(handle);

        Assert.InRange(details.Journal[^1].Output.Length, 1, 100_000);
        var depth = 0;
        for (var failure = details.End(); failure.Inner is { Count: > 0 } inner; failure = inner[0])
        {
            depth++;
        }

        Assert.InRange(depth, 5, 20);
    }

    [Fact]
    public async Task An_exception_whose_own_properties_throw_is_recorded_all_the_same()
    {
        await using var world = new World();
        var handle = await world.StartAsync<int, int>((_, _) => throw new Hostile(), 0, new() { MaxAttempts = 1 });

        var details = await world.EndOf(handle);

        Assert.Equal(ExecutionState.Failed, details.Row.State);
        Assert.EndsWith("Hostile", details.End().Type, StringComparison.Ordinal);
    }

    private sealed class Hostile : Exception
    {
        public override string Message => throw new InvalidOperationException("no message");

        public override string StackTrace => throw new InvalidOperationException("no stack");
    }
}
