using Hydra.Storage;
using Hydra.Tests.Support;

namespace Hydra.Tests.Attempts;

/// <summary>What escapes a workflow ends its attempt; the next keeps what succeeded, and does it not again.</summary>
public class AttemptTests
{
    [Fact]
    public async Task An_execution_has_three_attempts_by_default_with_growing_delays_between_them()
    {
        await using var world = new World();
        var runs = new List<double>();
        var handle = await world.StartAsync<int, int>(
            (_, _) =>
            {
                runs.Add(world.Elapsed.TotalSeconds);
                throw new InvalidOperationException($"no {runs.Count}");
            },
            0);

        var details = await world.EndOf(handle);

        Assert.Equal(3, runs.Count);
        Assert.InRange(runs[1] - runs[0], 0.8, 1.5);
        Assert.InRange(runs[2] - runs[1], 1.6, 2.5);
        Assert.Equal((ExecutionState.Failed, 3, 3), (details.Row.State, details.Row.Attempt, details.Row.MaxAttempts));
        Assert.Equal("no 3", details.End().Message);
    }

    [Fact]
    public async Task A_failed_attempt_is_recorded_with_its_failure()
    {
        await using var world = new World();
        var runs = 0;
        var handle = await world.StartAsync(
            (WorkflowContext _, int _) => ++runs < 3
                ? throw new InvalidOperationException($"no {runs}")
                : Task.FromResult(7),
            0);

        var details = await world.EndOf(handle);

        var failed = details.Journal.Where(entry => entry.Kind == EntryKind.AttemptFailed).ToList();
        Assert.Equal([1, 2], failed.Select(entry => entry.Attempt));
        Assert.Equal(["no 1", "no 2"], failed.Select(entry => entry.Output.Failure().Message));
        Assert.All(failed, entry => Assert.Contains(
            nameof(AttemptTests), entry.Output.Failure().Stack, StringComparison.Ordinal));
        Assert.Equal(ExecutionState.Completed, details.Row.State);
    }

    [Fact]
    public async Task Between_attempts_an_execution_is_pending_and_holds_no_slot()
    {
        await using var world = new World();
        var fails = true;
        var client = await world.OpenAsync(
            (WorkflowContext _, int number) => fails && number == 1
                ? throw new InvalidOperationException("no")
                : Task.FromResult(number),
            worker: worker => worker with { Concurrency = 1 });
        var waiting = await client.Workflow<int, int>("test").StartAsync(
            1, new() { RetryBackoff = TimeSpan.FromMinutes(10) });
        var between = await world.Now(waiting);

        var other = await client.Workflow<int, int>("test").StartAsync(2);
        var ended = await world.Now(other);
        fails = false;
        await world.AdvanceAsync(TimeSpan.FromMinutes(10));

        Assert.Equal((ExecutionState.Pending, 2), (between.Row.State, between.Row.Attempt));
        Assert.InRange(between.Row.DueAt.Time().TotalMinutes, 8, 10);
        Assert.Equal(ExecutionState.Completed, ended.Row.State);
        Assert.Equal(1, await world.Until(waiting.ResultAsync()));
    }

    [Fact]
    public async Task A_step_that_failed_its_last_try_is_run_again_by_the_next_attempt_and_others_are_not()
    {
        await using var world = new World();
        var runs = new List<string>();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                var before = await Step("before", 1);
                var flaky = await Step("flaky", runs.Contains("flaky") ? 2 : null);
                var after = await Step("after", 3);
                return before + flaky + after;

                Task<int> Step(string name, int? result) => context.StepAsync(
                    name,
                    _ =>
                    {
                        runs.Add(name);
                        return result is { } value
                            ? Task.FromResult(value)
                            : Task.FromException<int>(new InvalidOperationException("no"));
                    },
                    new() { Retry = RetryPolicy.None });
            },
            0);

        Assert.Equal(6, await world.Until(handle.ResultAsync()));
        Assert.Equal(["before", "flaky", "flaky", "after"], runs);
    }

    [Fact]
    public async Task The_tries_of_a_step_count_on_over_attempts()
    {
        await using var world = new World();
        var seen = new List<int>();
        var handle = await world.StartAsync(
            (WorkflowContext context, int _) => context.StepAsync(
                "flaky",
                _ =>
                {
                    seen.Add(StepContext.Current!.Attempt);
                    return seen.Count < 4
                        ? Task.FromException<int>(new InvalidOperationException("no"))
                        : Task.FromResult(7);
                },
                new() { Retry = new() { MaxAttempts = 2, Backoff = TimeSpan.Zero } }),
            0);

        var details = await world.EndOf(handle);

        Assert.Equal([1, 2, 3, 4], seen);
        Assert.Equal([1, 3], details.Tries.Select(row => row.Attempt));
        Assert.Equal([1, 2], details.Tries.Select(row => row.ExecutionAttempt));
        Assert.Equal([2, 4], details.Steps().Select(entry => entry.Attempt));
    }

    [Fact]
    public async Task Tries_that_an_attempt_left_unfinished_are_not_counted_against_the_next_one()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                var flaky = context.StepAsync(
                    "flaky",
                    _ => StepContext.Current!.Attempt < 6
                        ? Task.FromException<int>(new InvalidOperationException("no"))
                        : Task.FromResult(7),
                    new() { Retry = new() { MaxAttempts = 4, Backoff = TimeSpan.FromSeconds(10) } });
                await context.SleepAsync(TimeSpan.FromSeconds(15));
                await context.StepAsync(
                    "ends the attempt",
                    _ => StepContext.Current!.Attempt == 1
                        ? Task.FromException<int>(new InvalidOperationException("no"))
                        : Task.FromResult(1),
                    new() { Retry = RetryPolicy.None });
                return await flaky;
            },
            0);

        var details = await world.EndOf(handle);

        Assert.Equal(ExecutionState.Completed, details.Row.State);
        Assert.Equal(2, details.Row.Attempt);
    }

    [Fact]
    public async Task What_succeeded_beside_a_failure_has_landed_and_is_not_run_again()
    {
        await using var world = new World();
        var runs = new List<string>();
        var fails = true;
        var slow = new TaskCompletionSource<int>();
        Func<WorkflowContext, int, Task<int>> run = async (context, _) =>
        {
            var results = await Task.WhenAll(
                Step(context, "early", _ => Task.FromResult(1)),
                Step(context, "flaky", _ => fails ? throw new InvalidOperationException("no") : Task.FromResult(2)),
                Step(context, "late", _ => slow.Task));
            await context.SleepAsync(TimeSpan.FromMinutes(1)); // The result is replayed as well.
            return results.Sum();
        };
        var handle = await world.StartAsync(run, 0);
        await world.RestAsync();

        slow.SetResult(4);
        await world.RestAsync();
        fails = false;
        var result = await world.Until(handle.ResultAsync());
        var details = await world.EndOf(handle);

        Assert.Equal(7, result);
        Assert.Equal(["early", "flaky", "flaky", "late"], runs.Order());
        Assert.Contains(details.Steps(), entry => entry is { Key: "late", OriginSeq: > 0 });

        Task<int> Step(WorkflowContext context, string name, Func<CancellationToken, Task<int>> body) =>
            context.StepAsync(
                name,
                token =>
                {
                    lock (runs)
                    {
                        runs.Add(name);
                    }

                    return body(token);
                },
                new() { Retry = RetryPolicy.None });
    }

    [Fact]
    public async Task All_failures_of_steps_that_ran_beside_each_other_are_carried()
    {
        await using var world = new World();
        var runs = 0;
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                var results = await Task.WhenAll(Enumerable.Range(0, 3).Select(number => context.StepAsync(
                    "flaky",
                    number,
                    (input, _) => Interlocked.Increment(ref runs) <= 3
                        ? Task.FromException<int>(new InvalidOperationException($"no {input}"))
                        : Task.FromResult(input),
                    new() { Retry = RetryPolicy.None })).ToList());
                return results.Sum();
            },
            0);

        var result = await world.Until(handle.ResultAsync());
        var details = await world.EndOf(handle);

        Assert.Equal((3, 6), (result, runs));
        Assert.Equal(2, details.Row.Attempt);
    }

    [Fact]
    public async Task A_caught_failure_stays_and_takes_the_same_path_again()
    {
        await using var world = new World();
        var runs = new List<string>();
        var paths = new List<string>();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                string path;
                try
                {
                    path = await Step(context, "first choice", fails: true);
                }
                catch (StepFailedException e)
                {
                    path = await Step(context, "second choice", fails: false) + e.Failure.Message;
                }

                await context.SleepAsync(TimeSpan.FromMinutes(1));
                paths.Add(path);
                if (paths.Count == 1)
                {
                    throw new InvalidOperationException("an attempt fails later");
                }

                return path;
            },
            0);

        var result = await world.Until(handle.ResultAsync());

        Assert.Equal("second choice: no", result);
        Assert.Equal(["first choice", "second choice"], runs);
        Assert.Equal(2, paths.Count);

        Task<string> Step(WorkflowContext context, string name, bool fails) => context.StepAsync(
            name,
            _ =>
            {
                runs.Add(name);
                return fails ? throw new InvalidOperationException(": no") : Task.FromResult(name);
            },
            new() { Retry = RetryPolicy.None });
    }

    [Fact]
    public async Task Code_that_compensates_and_rethrows_is_not_tried_again()
    {
        await using var world = new World();
        var runs = new List<string>();
        var handle = await world.StartAsync<int, int>(
            async (context, _) =>
            {
                await Step(context, "reserve", fails: false);
                try
                {
                    return await Step(context, "charge", fails: !runs.Contains("charge"));
                }
                catch (StepFailedException)
                {
                    await Step(context, "release", fails: false);
                    throw;
                }
            },
            0);

        var details = await world.EndOf(handle);

        Assert.Equal(["reserve", "charge", "release"], runs);
        Assert.Equal((ExecutionState.Failed, 2), (details.Row.State, details.Row.Attempt));
        Assert.Equal("Hydra.ResultLeftBehind", details.End().Type);
        Assert.Contains("'release'", details.End().Message, StringComparison.Ordinal);
        Assert.True(details.End().NonRetryable);

        Task<int> Step(WorkflowContext context, string name, bool fails) => context.StepAsync(
            name,
            _ =>
            {
                runs.Add(name);
                return fails ? throw new InvalidOperationException("no") : Task.FromResult(1);
            },
            new() { Retry = RetryPolicy.None });
    }

    [Fact]
    public async Task A_result_that_has_landed_is_not_taken_for_that_of_another_input()
    {
        await using var world = new World();
        var (attempts, priced) = (0, new List<int>());
        var failed = new TaskCompletionSource();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                var price = context.StepAsync("price", ++attempts, async (input, _) =>
                {
                    await failed.Task;
                    priced.Add(input);
                    return input;
                });
                await WatchAsync(failed, context.StepAsync(
                    "check",
                    _ => attempts == 1 ? throw new InvalidOperationException("no") : Task.FromResult(0),
                    new() { Retry = RetryPolicy.None }),
                    price);
                return await price;
            },
            0);

        var details = await world.EndOf(handle);

        Assert.Equal([1], priced);
        Assert.Equal((ExecutionState.Failed, 2), (details.Row.State, details.Row.Attempt));
        Assert.Equal("Hydra.ResultLeftBehind", details.End().Type);
        Assert.Contains("'price'", details.End().Message, StringComparison.Ordinal);
    }

    /// <summary>
    /// The second attempt fails with a failure that the first had caught, and so gives up what it was given again.
    /// </summary>
    [Fact]
    public async Task A_result_that_lands_twice_is_given_to_the_third_attempt_as_the_one_that_it_was()
    {
        await using var world = new World();
        var (early, late, kept, ends) = (0, 0, 0, 0);
        var failed = new TaskCompletionSource();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                var first = Flaky(context, "early", () => ++early > 1);
                var result = context.StepAsync("kept", async _ =>
                {
                    await failed.Task;
                    return ++kept;
                });
                StepFailedException? caught = null;
                try
                {
                    await first;
                }
                catch (StepFailedException e)
                {
                    caught = e;
                }

                try
                {
                    await WatchAsync(failed, Flaky(context, "late", () => ++late > 2), result);
                }
                catch (StepFailedException e)
                {
                    throw ++ends == 1 ? e : new AggregateException(caught!, e);
                }

                return await result;
            },
            0);

        var details = await world.EndOf(handle);

        Assert.Equal((ExecutionState.Completed, 3), (details.Row.State, details.Row.Attempt));
        Assert.Equal((2, 3, 1), (early, late, kept));
        var results = details.Steps().Where(step => step.Key == "kept").ToList();
        Assert.Equal([0, results[0].Seq, results[0].Seq], results.Select(step => step.OriginSeq));

        static Task<int> Flaky(WorkflowContext context, string name, Func<bool> works) => context.StepAsync(
            name,
            _ => works() ? Task.FromResult(0) : throw new InvalidOperationException("no"),
            new() { Retry = RetryPolicy.None });
    }

    [Fact]
    public async Task A_failure_is_carried_through_what_wraps_it()
    {
        await using var world = new World();
        var runs = 0;
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                try
                {
                    return await context.StepAsync(
                        "flaky",
                        _ => ++runs == 1 ? throw new InvalidOperationException("no") : Task.FromResult(7),
                        new() { Retry = RetryPolicy.None });
                }
                catch (StepFailedException e)
                {
                    throw new InvalidOperationException("wrapped", new AggregateException(e));
                }
            },
            0);

        Assert.Equal(7, await world.Until(handle.ResultAsync()));
        Assert.Equal(2, runs);
    }

    [Fact]
    public async Task A_new_attempt_moves_the_time_on_but_not_before_what_is_kept()
    {
        await using var world = new World();
        var times = new List<(string Where, TimeSpan Time)>();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                Note("start");
                await context.StepAsync("kept", _ => Task.CompletedTask);
                Note("kept");
                await context.StepAsync(
                    "flaky",
                    _ => times.Count < 3 ? throw new InvalidOperationException("no") : Task.CompletedTask,
                    new() { Retry = RetryPolicy.None });
                Note("end");
                return 0;

                void Note(string where) => times.Add((where, context.UtcNow - World.Start));
            },
            0,
            new() { RetryBackoff = TimeSpan.FromMinutes(10) });
        await world.RestAsync();
        await world.AdvanceAsync(TimeSpan.FromMinutes(10));

        await world.EndOf(handle);

        Assert.Equal(["start", "kept", "start", "kept", "end"], times.Select(time => time.Where));
        Assert.All(times.Take(4), time => Assert.Equal(TimeSpan.Zero, time.Time));
        Assert.Equal(TimeSpan.FromMinutes(10), times[4].Time);
    }

    [Fact]
    public async Task A_new_attempt_draws_the_same_numbers()
    {
        await using var world = new World();
        var drawn = new List<Guid>();

        await world.RunAsync(context =>
        {
            drawn.Add(context.NewGuid());
            return drawn.Count == 1 ? throw new InvalidOperationException("no") : Task.FromResult(1);
        });

        Assert.Equal(drawn[0], drawn[1]);
    }

    /// <summary>Says when a step has failed, and has another end before its failure goes on.</summary>
    private static async Task WatchAsync(TaskCompletionSource failed, Task<int> step, Task<int> other)
    {
        try
        {
            await step;
        }
        catch (StepFailedException)
        {
            failed.TrySetResult();
            await other;
            throw;
        }
    }
}
