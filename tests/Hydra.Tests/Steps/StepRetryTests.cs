using Hydra.Storage;
using Hydra.Tests.Support;

namespace Hydra.Tests.Steps;

public class StepRetryTests
{
    private static readonly RetryPolicy Exact = new() { Jitter = 0 };

    [Fact]
    public async Task A_step_that_fails_is_tried_three_times_by_default()
    {
        await using var world = new World();
        var runs = 0;

        var failure = await world.RunAsync(context => FailureOf(() => context.StepAsync("flaky", _ =>
        {
            runs++;
            return Task.FromException<int>(new InvalidOperationException($"no {runs}"));
        })));

        Assert.Equal(3, runs);
        Assert.Equal(("System.InvalidOperationException", "no 3"), (failure.Type, failure.Message));
    }

    [Fact]
    public async Task An_outcome_tells_when_it_came_and_that_of_a_step_when_its_body_began()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                await context.SleepAsync(TimeSpan.FromSeconds(10));
                await context.StepAsync(
                    "slow", token => Task.Delay(TimeSpan.FromSeconds(5), world.Clock, token));
                return 1;
            },
            0);

        var details = await world.EndOf(handle);

        var (sleep, step) = (Assert.Single(details.Sleeps()), Assert.Single(details.Steps()));
        Assert.Equal(sleep.At, sleep.StartedAt);
        Assert.InRange(step.StartedAt.Time().TotalSeconds, 10, 10.5);
        Assert.InRange(step.At.Since(step.StartedAt).TotalSeconds, 5, 5.5);
    }

    [Fact]
    public async Task A_failed_try_is_recorded_with_input_error_and_times()
    {
        await using var world = new World();
        var runs = 0;
        var handle = await world.StartAsync(
            (WorkflowContext context, int number) => context.StepAsync(
                "flaky",
                number,
                (input, _) => ++runs < 3
                    ? Task.FromException<int>(new InvalidOperationException($"no {runs}"))
                    : Task.FromResult(input),
                new() { Retry = Exact with { Backoff = TimeSpan.FromMinutes(1) } }),
            5);

        var details = await world.EndOf(handle);

        Assert.Equal(2, details.Tries.Count);
        Assert.All(details.Tries, row => Assert.Equal(("flaky", TryPhase.Failed), (row.Key, row.Phase)));
        Assert.All(details.Tries, row => Assert.Equal("5", row.Input.Text()));
        Assert.Equal([1, 2], details.Tries.Select(row => row.Attempt));
        Assert.Equal(["no 1", "no 2"], details.Tries.Select(row => row.Failure.Failure().Message));
        Assert.Equal([TimeSpan.Zero, TimeSpan.FromMinutes(1)], details.Tries.Select(row => row.StartedAt.Time()));
        Assert.Equal(
            [TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(3)], details.Tries.Select(row => row.RetryAt!.Value.Time()));
        Assert.Equal(3, Assert.Single(details.Steps()).Attempt);
    }

    [Fact]
    public async Task The_next_try_does_not_begin_before_the_failed_one_is_durable()
    {
        await using var world = new World();
        var store = new WatchedStore(new InMemoryWorkflowStore(world.Database, "default")); // Its engine's.
        var durable = new TaskCompletionSource();
        var runs = 0;
        var handle = await world.StartAsync(
            (WorkflowContext context, int _) => context.StepAsync(
                "flaky",
                _ =>
                {
                    store.Held = durable.Task;
                    return ++runs == 1
                        ? Task.FromException<int>(new InvalidOperationException("no"))
                        : Task.FromResult(runs);
                },
                new() { Retry = Exact with { Backoff = TimeSpan.Zero } }),
            0,
            configure: hydra => hydra.UseStore(_ => store));
        await world.PassAsync(TimeSpan.FromSeconds(5));

        var before = runs;
        store.Held = Task.CompletedTask;
        durable.SetResult();

        Assert.Equal(1, before);
        Assert.Equal(2, await world.Until(handle.ResultAsync()));
    }

    [Fact]
    public async Task The_last_failure_keeps_type_message_stack_and_inner_failures()
    {
        await using var world = new World();

        var failure = await world.RunAsync(context => FailureOf(() => context.StepAsync<int>(
            "flaky",
            _ =>
            {
                try
                {
                    throw new FormatException("inside");
                }
                catch (FormatException e)
                {
                    throw new AggregateException("outside", e, new TimeoutException("beside"));
                }
            },
            new() { Retry = RetryPolicy.None })));

        Assert.Equal("System.AggregateException", failure.Type);
        Assert.StartsWith("outside", failure.Message, StringComparison.Ordinal);
        Assert.Contains(nameof(StepRetryTests), failure.Stack, StringComparison.Ordinal);
        Assert.Equal(["System.FormatException", "System.TimeoutException"], failure.Inner!.Select(inner => inner.Type));
    }

    [Fact]
    public async Task A_body_that_throws_before_its_first_await_has_failed_like_any_other()
    {
        await using var world = new World();

        var failure = await world.RunAsync(context => FailureOf(() => context.StepAsync<int>(
            "flaky", _ => throw new FormatException("at once"), new() { Retry = RetryPolicy.None })));

        Assert.Equal(("System.FormatException", "at once"), (failure.Type, failure.Message));
    }

    [Fact]
    public async Task A_body_that_returns_no_task_has_failed_and_is_named()
    {
        await using var world = new World();

        var messages = await world.RunAsync(async context => new[]
        {
            (await FailureOf(() => context.StepAsync("a", 1, (_, _) => Null<Task<int>>()))).Message,
            (await FailureOf(() => context.StepAsync("b", 1, (_, _) => Null<Task>()))).Message,
            (await FailureOf(() => context.StepAsync("c", _ => Null<Task<int>>()))).Message,
            (await FailureOf(() => context.StepAsync("d", _ => Null<Task>()))).Message,
        });

        Assert.Equal(
            ["a", "b", "c", "d"],
            messages.Select(message => message.Replace("The body of step '", "", StringComparison.Ordinal)
                .Replace("' returned no task.", "", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Delays_double_up_to_their_limit()
    {
        await using var world = new World();
        var runs = new List<TimeSpan>();

        await world.RunAsync(context => FailureOf(() => context.StepAsync(
            "flaky",
            _ =>
            {
                runs.Add(world.Elapsed);
                return Task.FromException<int>(new InvalidOperationException());
            },
            new()
            {
                Retry = Exact with
                {
                    MaxAttempts = 5,
                    Backoff = TimeSpan.FromSeconds(10),
                    MaxBackoff = TimeSpan.FromSeconds(30),
                },
            })));

        var delays = runs.Zip(runs.Skip(1), (one, next) => Math.Round((next - one).TotalSeconds));
        Assert.Equal([10, 20, 30, 30], delays);
    }

    [Fact]
    public async Task The_default_delays_of_steps_start_at_the_executions_own()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            (WorkflowContext context, int _) => FailureOf(() => context.StepAsync("flaky", Fail)),
            0,
            new() { RetryBackoff = TimeSpan.FromMinutes(10) });

        var details = await world.EndOf(handle);

        Assert.Equal(2, details.Tries.Count);
        Assert.All(details.Tries, row => Assert.InRange(
            (row.RetryAt!.Value.Since(row.EndedAt!.Value)).TotalMinutes, 8, 10));
    }

    [Fact]
    public async Task A_step_s_own_policy_beats_the_workflow_s_which_beats_the_engine_s()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                await FailureOf(() => context.StepAsync("own", Fail, new() { Retry = RetryPolicy.None }));
                return await FailureOf(() => context.StepAsync("workflow", Fail));
            },
            0,
            options: new() { StepRetry = Exact with { MaxAttempts = 2 } },
            configure: hydra => hydra.Defaults = new() { StepRetry = Exact with { MaxAttempts = 9 } });

        var details = await world.EndOf(handle);

        Assert.Equal([("own", 1), ("workflow", 2)], details.Steps().Select(entry => (entry.Key, entry.Attempt)));
    }

    [Fact]
    public async Task The_engine_s_policy_holds_where_no_other_is_set()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            (WorkflowContext context, int _) => FailureOf(() => context.StepAsync("engine", Fail)),
            0,
            configure: hydra => hydra.Defaults = new() { StepRetry = Exact with { MaxAttempts = 4 } });

        var details = await world.EndOf(handle);

        Assert.Equal(4, Assert.Single(details.Steps()).Attempt);
    }

    [Fact]
    public async Task A_non_retryable_exception_ends_the_step_at_once_however_deep_it_sits()
    {
        await using var world = new World();
        var runs = 0;

        var failure = await world.RunAsync(context => FailureOf(() => context.StepAsync<int>("flaky", _ =>
        {
            runs++;
            throw new InvalidOperationException("outer", new AggregateException(new NonRetryableException("never")));
        })));

        Assert.Equal(1, runs);
        Assert.True(failure.NonRetryable);
    }

    [Fact]
    public async Task A_predicate_decides_which_exceptions_are_worth_another_try()
    {
        await using var world = new World();
        var runs = 0;

        var failure = await world.RunAsync(context => FailureOf(() => context.StepAsync<int>(
            "flaky",
            _ => throw (++runs < 3 ? new TimeoutException() : new FormatException()),
            new() { Retry = Exact with { MaxAttempts = 9, RetryWhen = e => e is TimeoutException } })));

        Assert.Equal(3, runs);
        Assert.Equal("System.FormatException", failure.Type);
    }

    [Fact]
    public async Task A_predicate_that_throws_itself_ends_the_step()
    {
        await using var world = new World();
        var runs = 0;

        var failure = await world.RunAsync(context => FailureOf(() => context.StepAsync<int>(
            "flaky",
            _ =>
            {
                runs++;
                throw new TimeoutException("the step's own");
            },
            new() { Retry = Exact with { RetryWhen = _ => throw new FormatException("the predicate's") } })));

        Assert.Equal(1, runs);
        Assert.Equal("the step's own", failure.Message);
    }

    [Fact]
    public async Task A_retry_that_is_due_within_a_second_keeps_the_slot()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            (WorkflowContext context, int _) => context.StepAsync(
                "flaky", Fail, new() { Retry = Exact with { Backoff = TimeSpan.FromSeconds(1) } }),
            0);

        var details = await world.Now(handle);

        Assert.Equal(ExecutionState.Running, details.Row.State);
        Assert.Single(details.Tries);
    }

    [Fact]
    public async Task A_retry_that_is_due_later_frees_the_slot()
    {
        await using var world = new World();
        var fails = true;
        var client = await world.OpenAsync(
            (WorkflowContext context, int number) => context.StepAsync(
                "flaky",
                number,
                (input, token) => fails && input == 1 ? Fail(token) : Task.FromResult(input),
                new() { Retry = Exact with { Backoff = TimeSpan.FromSeconds(5) } }),
            worker: worker => worker with { Concurrency = 1 });
        var waiting = await client.Workflow<int, int>("test").StartAsync(1);
        var first = await world.Now(waiting);

        var other = await client.Workflow<int, int>("test").StartAsync(2);
        var second = await world.Now(other);
        fails = false;
        var third = await world.EndOf(waiting);

        Assert.Equal((ExecutionState.Sleeping, TimeSpan.FromSeconds(5)), (first.Row.State, first.Row.DueAt.Time()));
        Assert.Equal(ExecutionState.Completed, second.Row.State);
        var entry = Assert.Single(third.Steps());
        Assert.Equal((2, TimeSpan.FromSeconds(5)), (entry.Attempt, Floor(entry.StartedAt)));
    }

    [Fact]
    public async Task Failed_tries_count_on_after_a_crash()
    {
        await using var world = new World();
        var attempts = new List<int>();
        Task<int> Run(WorkflowContext context, int _) => context.StepAsync(
            "flaky",
            token =>
            {
                attempts.Add(StepContext.Current!.Attempt);
                return Fail(token);
            },
            new() { Retry = Exact with { MaxAttempts = 3, Backoff = TimeSpan.FromMinutes(1) } });

        var before = await world.StartAsync<int, int>(Run, 0, new() { MaxAttempts = 1 });
        await world.RestAsync();
        await world.CrashAsync();
        var client = await world.OpenAsync<int, int>(Run);
        var details = await world.EndOf(client.Execution(before.Id));

        Assert.Equal([1, 2, 3], attempts);
        Assert.Equal(ExecutionState.Failed, details.Row.State);
    }

    [Fact]
    public async Task A_try_that_a_crash_cut_off_keeps_its_number()
    {
        await using var world = new World();
        var attempts = new List<(int Attempt, long Epoch)>();
        Task<int> Run(WorkflowContext context, int _) => context.StepAsync("slow", async token =>
        {
            attempts.Add((StepContext.Current!.Attempt, StepContext.Current.Epoch));
            if (attempts.Count == 1)
            {
                await Task.Delay(Timeout.Infinite, CancellationToken.None);
            }

            return 7;
        });

        var before = await world.StartAsync<int, int>(Run, 0);
        await world.RestAsync();
        await world.CrashAsync();
        var client = await world.OpenAsync<int, int>(Run);
        var result = await world.Until(client.Execution<int>(before.Id).ResultAsync());
        var details = await world.EndOf(before = client.Execution<int>(before.Id));

        Assert.Equal(7, result);
        Assert.Equal([1, 1], attempts.Select(seen => seen.Attempt));
        Assert.True(attempts[1].Epoch > attempts[0].Epoch);
        Assert.Equal(1, details.Row.Crashes);
        Assert.Single(details.Crashes);
    }

    [Fact]
    public async Task A_body_that_runs_for_more_than_a_second_leaves_a_row_that_says_so()
    {
        await using var world = new World();
        var end = new TaskCompletionSource<int>();
        var handle = await world.StartAsync(
            (WorkflowContext context, int number) => context.StepAsync("slow", number, (_, _) => end.Task), 5);

        var early = await world.Now(handle);
        await world.PassAsync(TimeSpan.FromSeconds(3));
        var late = await world.Now(handle);
        end.SetResult(7);
        await world.EndOf(handle);

        Assert.Empty(early.Tries);
        var row = Assert.Single(late.Tries);
        Assert.Equal(("slow", 1, TryPhase.Started), (row.Key, row.Attempt, row.Phase));
        Assert.Equal(("5", TimeSpan.Zero), (row.Input.Text(), row.StartedAt.Time()));
        Assert.Null(row.EndedAt);
    }

    private static TimeSpan Floor(Instant instant) => TimeSpan.FromSeconds(Math.Floor(instant.Time().TotalSeconds));

    private static T Null<T>() where T : class => null!;

    private static Task<int> Fail(CancellationToken cancellationToken) =>
        Task.FromException<int>(new InvalidOperationException("no"));

    private static async Task<Failure> FailureOf(Func<Task> call) =>
        (await Assert.ThrowsAsync<StepFailedException>(call)).Failure;
}
