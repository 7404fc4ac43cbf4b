using Hydra.Storage;
using Hydra.Tests.Support;

namespace Hydra.Tests.Steps;

/// <summary>Steps whose bodies begin at most once, whatever happens.</summary>
public class AtMostOnceTests
{
    private static readonly StepOptions Once = new() { AtMostOnce = true };

    [Fact]
    public async Task It_is_durable_before_the_body_begins_that_it_does()
    {
        await using var world = new World();
        TryPhase[] seen = [];
        ExecutionHandle<int>? handle = null;
        var begun = new TaskCompletionSource();
        var client = await world.OpenAsync((WorkflowContext context, int number) => context.StepAsync(
            "pay",
            number,
            async (value, token) =>
            {
                await begun.Task;
                seen = [.. (await handle!.DescribeAsync(token)).Tries.Select(one => one.Phase)];
                return value * 2;
            },
            Once));
        handle = await client.Workflow<int, int>("test").StartAsync(
            2, cancellationToken: TestContext.Current.CancellationToken);
        begun.SetResult();

        var details = await world.EndOf(handle);

        Assert.Equal([TryPhase.BegunOnce], seen);
        Assert.Equal(4, await handle.ResultAsync(TestContext.Current.CancellationToken));
        var row = Assert.Single(details.Tries);
        Assert.Equal(("pay", 1, "2"), (row.Key, row.Attempt, row.Input.Text()));
        Assert.Equal("completed", Assert.Single(StepRecord.Collect(details)).State);
    }

    [Fact]
    public async Task A_body_whose_process_died_does_not_begin_again_and_the_step_says_so()
    {
        await using var world = new World();
        var runs = 0;
        Task<string> RunAsync(WorkflowContext context, int number) => PayAsync(context, () =>
        {
            runs++;
            return new TaskCompletionSource<int>().Task;
        });
        var handle = await world.StartAsync<int, string>(RunAsync, 5);
        await world.RestAsync();
        Assert.Equal(1, runs);

        await world.CrashAsync();
        var client = await world.OpenAsync<int, string>(RunAsync);
        var result = await world.Until(
            client.Execution<string>(handle.Id).ResultAsync(TestContext.Current.CancellationToken));

        Assert.Equal("nobody knows about pay", result);
        Assert.Equal(1, runs);
        var details = await client.Execution(handle.Id).DescribeAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["interrupted", "failed"], StepRecord.Collect(details).Select(step => step.State));
    }

    /// <summary>The code runs again from its start, and finds the same.</summary>
    [Fact]
    public async Task What_it_says_is_recorded_and_replayed()
    {
        await using var world = new World();
        var runs = 0;
        async Task<string> RunAsync(WorkflowContext context, int number)
        {
            var said = await PayAsync(context, () =>
            {
                runs++;
                return new TaskCompletionSource<int>().Task;
            });
            await context.SleepAsync(TimeSpan.FromHours(1));
            return said;
        }

        var handle = await world.StartAsync<int, string>(RunAsync, 5);
        await world.RestAsync();
        await world.CrashAsync();
        await world.OpenAsync<int, string>(RunAsync);
        await world.PassAsync(TimeSpan.FromSeconds(30));
        await world.CrashAsync(); // Its journal is read from the store.
        var client = await world.OpenAsync<int, string>(RunAsync);

        Assert.Equal("nobody knows about pay", await world.Until(
            client.Execution<string>(handle.Id).ResultAsync(TestContext.Current.CancellationToken)));
        Assert.Equal(1, runs);
    }

    [Fact]
    public async Task An_interruption_that_nobody_catches_ends_the_execution_at_once()
    {
        await using var world = new World();
        var runs = 0;
        Task<int> RunAsync(WorkflowContext context, int number) => context.StepAsync(
            "pay",
            number,
            (_, _) =>
            {
                runs++;
                return new TaskCompletionSource<int>().Task;
            },
            Once);
        var handle = await world.StartAsync<int, int>(RunAsync, 5, new() { MaxAttempts = 9 });
        await world.RestAsync();
        await world.CrashAsync();
        var client = await world.OpenAsync<int, int>(RunAsync);

        var details = await world.EndOf(client.Execution(handle.Id));

        Assert.Equal((ExecutionState.Failed, 1, 1), (details.Row.State, details.Row.Attempt, runs));
        Assert.Equal(typeof(StepInterruptedException).FullName, details.Journal[^1].Output.Failure().Type);
    }

    [Fact]
    public async Task A_body_that_fails_is_not_tried_again_nor_is_the_execution()
    {
        await using var world = new World();
        var runs = 0;
        var handle = await world.StartAsync(
            (WorkflowContext context, int number) => context.StepAsync(
                "pay",
                number,
                (_, _) =>
                {
                    runs++;
                    return Task.FromException<int>(new InvalidOperationException("refused"));
                },
                Once with { Retry = new RetryPolicy { MaxAttempts = 7 } }),
            5,
            new() { MaxAttempts = 9 });

        var details = await world.EndOf(handle);

        Assert.Equal((ExecutionState.Failed, 1, 1), (details.Row.State, details.Row.Attempt, runs));
        Assert.Contains("refused", $"{details.Journal[^1].Output.Failure()}", StringComparison.Ordinal);
    }

    /// <summary>It was handed over in the middle: nobody can tell whether the body had done its work.</summary>
    [Fact]
    public async Task A_body_that_a_shutdown_cut_off_does_not_begin_again()
    {
        await using var world = new World();
        var runs = 0;
        Task<string> RunAsync(WorkflowContext context, int number) => PayAsync(context, async token =>
        {
            runs++;
            await Task.Delay(Timeout.Infinite, token);
            return 1;
        });
        var handle = await world.StartAsync<int, string>(RunAsync, 5);
        await world.RestAsync();

        await world.CloseAsync();
        var client = await world.OpenAsync<int, string>(RunAsync);

        Assert.Equal("nobody knows about pay", await world.Until(
            client.Execution<string>(handle.Id).ResultAsync(TestContext.Current.CancellationToken)));
        Assert.Equal(1, runs);
    }

    /// <summary>Its owner knows that the body has not begun, so it says so when it hands over.</summary>
    [Fact]
    public async Task A_body_that_a_shutdown_kept_from_beginning_begins_elsewhere()
    {
        await using var world = new World();
        var runs = 0;
        Task<string> RunAsync(WorkflowContext context, int number) => PayAsync(context, () => Task.FromResult(++runs));
        world.Bodies.Close();
        var handle = await world.StartAsync<int, string>(RunAsync, 5);
        await world.RestAsync();
        Assert.Equal(TryPhase.BegunOnce, Assert.Single((await world.Now(handle)).Tries).Phase);

        await world.CloseAsync();
        world.Bodies.Open();
        var client = await world.OpenAsync<int, string>(RunAsync);

        Assert.Equal("1", await world.Until(
            client.Execution<string>(handle.Id).ResultAsync(TestContext.Current.CancellationToken)));
        var details = await client.Execution(handle.Id).DescribeAsync(TestContext.Current.CancellationToken);
        Assert.Equal("completed", Assert.Single(StepRecord.Collect(details)).State);
    }

    /// <summary>
    /// The result of another step is refused for good: the code runs again without it, also over the row that says that
    /// this one begins, and which is written already.
    /// </summary>
    [Fact]
    public async Task A_body_that_a_refused_result_kept_from_beginning_begins_later()
    {
        await using var world = new World();
        var store = new WatchedStore(new InMemoryWorkflowStore(world.Database, "default"));
        var (first, other) = (new TaskCompletionSource<int>(), new TaskCompletionSource<int>());
        var paid = 0;
        store.Refuses = operation => operation is AdvanceOperation advance
            && advance.Entries.Any(entry => entry is { Key: "other", Failed: false });
        var handle = await StartBesideRefusedAsync(world, store, first, other, () => ++paid);
        world.Bodies.Close();
        first.SetResult(1);
        await world.RestAsync();
        Assert.Equal(TryPhase.BegunOnce, Assert.Single((await world.Now(handle)).Tries).Phase);

        other.SetResult(2);
        await world.RestAsync();
        world.Bodies.Open();
        var details = await world.EndOf(handle);

        Assert.Equal(("1 refused", 1), (await handle.ResultAsync(TestContext.Current.CancellationToken), paid));
        Assert.Equal("completed", StepRecord.Collect(details).Last(step => step.Key == "pay").State);
    }

    /// <summary>Its failure was recorded, and another one took the execution to its next attempt.</summary>
    [Fact]
    public async Task A_failure_that_is_known_is_told_again_in_the_next_attempt()
    {
        await using var world = new World();
        var (paid, others) = (0, 0);
        async Task<string> RunAsync(WorkflowContext context, int number)
        {
            var other = context.StepAsync(
                "other",
                _ => others++ == 0
                    ? Task.FromException<int>(new InvalidOperationException("once"))
                    : Task.FromResult(1),
                new() { Retry = RetryPolicy.None });
            var pay = context.StepAsync(
                "pay",
                _ =>
                {
                    paid++;
                    return Task.FromException<int>(new InvalidOperationException("card declined"));
                },
                Once);
            await Task.WhenAll(other, pay);
            return "paid";
        }

        var handle = await world.StartAsync<int, string>(RunAsync, 5, new() { MaxAttempts = 5 });

        var details = await world.EndOf(handle);

        Assert.Equal((ExecutionState.Failed, 1), (details.Row.State, paid));
        var failure = details.Journal[^1].Output.Failure();
        Assert.Contains("card declined", $"{failure}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_several_that_were_interrupted_each_is_told_at_once()
    {
        await using var world = new World();
        static async Task<string> RunAsync(WorkflowContext context, int number) => string.Join(
            ", ", await Task.WhenAll(PayAsync(context, HangAsync), PayAsync(context, HangAsync)));
        var handle = await world.StartAsync<int, string>(RunAsync, 5);
        await world.RestAsync();

        await world.CloseAsync();
        var client = await world.OpenAsync<int, string>(RunAsync);
        var details = await world.Now(client.Execution(handle.Id));

        Assert.Equal(ExecutionState.Completed, details.Row.State);
        Assert.Equal("\"nobody knows about pay, nobody knows about pay#2\"", details.Journal[^1].Output.Text());

        static async Task<int> HangAsync(CancellationToken token)
        {
            await Task.Delay(Timeout.Infinite, token);
            return 1;
        }
    }

    /// <summary>Its owner knows that the body has not begun, also where another step ends the attempt.</summary>
    [Fact]
    public async Task A_body_that_the_end_of_an_attempt_kept_from_beginning_begins_in_the_next()
    {
        await using var world = new World();
        var (first, failing) = (new TaskCompletionSource<int>(), new TaskCompletionSource<int>());
        var (paid, others) = (0, 0);
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                var other = context.StepAsync(
                    "other",
                    _ => others++ == 0 ? failing.Task : Task.FromResult(1),
                    new() { Retry = RetryPolicy.None });
                await context.StepAsync("first", _ => first.Task);
                var pay = PayAsync(context, () => Task.FromResult(++paid));
                await other;
                return await pay;
            },
            0,
            new() { MaxAttempts = 2 });
        await world.RestAsync();
        world.Bodies.Close();
        first.SetResult(1);
        await world.RestAsync();
        Assert.Equal(TryPhase.BegunOnce, Assert.Single((await world.Now(handle)).Tries).Phase);

        failing.SetException(new InvalidOperationException("no"));
        await world.RestAsync();
        world.Bodies.Open();

        Assert.Equal("1", await world.Until(handle.ResultAsync(TestContext.Current.CancellationToken)));
        Assert.Equal(1, paid);
    }

    /// <summary>The code itself has let go of it before its body began: a later attempt asks for it anew.</summary>
    [Fact]
    public async Task A_body_that_the_code_withdrew_before_it_began_begins_in_the_next_attempt()
    {
        await using var world = new World();
        var (first, failing) = (new TaskCompletionSource<int>(), new TaskCompletionSource<int>());
        var (paid, others) = (0, 0);
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                using var withdraw = new CancellationTokenSource();
                var other = context.StepAsync(
                    "other",
                    _ => others++ == 0 ? failing.Task : Task.FromResult(1),
                    new() { Retry = RetryPolicy.None });
                await context.StepAsync("first", _ => first.Task);
                var pay = context.StepAsync("pay", _ => Task.FromResult(++paid), Once, withdraw.Token);
                try
                {
                    await other;
                    return await pay;
                }
                catch (StepFailedException)
                {
                    withdraw.Cancel();
                    throw;
                }
            },
            0,
            new() { MaxAttempts = 2 });
        await world.RestAsync();
        world.Bodies.Close();
        first.SetResult(1);
        await world.RestAsync();
        Assert.Equal(TryPhase.BegunOnce, Assert.Single((await world.Now(handle)).Tries).Phase);

        failing.SetException(new InvalidOperationException("no"));
        await world.RestAsync();
        world.Bodies.Open();
        var details = await world.EndOf(handle);

        Assert.Equal((ExecutionState.Completed, 2, 1), (details.Row.State, details.Row.Attempt, paid));
    }

    [Fact]
    public async Task It_is_taken_back_at_once_where_the_code_withdraws_it_and_goes_on()
    {
        await using var world = new World();
        var (first, enough) = (new TaskCompletionSource<int>(), new TaskCompletionSource<int>());
        var paid = 0;
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                using var withdraw = new CancellationTokenSource();
                var hasEnough = context.StepAsync("enough", _ => enough.Task);
                await context.StepAsync("first", _ => first.Task);
                var pay = context.StepAsync("pay", _ => Task.FromResult(++paid), Once, withdraw.Token);
                await hasEnough;
                withdraw.Cancel();
                await context.StepAsync("last", _ => Task.FromResult(2));
                return pay.IsCanceled;
            },
            0);
        await world.RestAsync();
        world.Bodies.Close();
        first.SetResult(1);
        await world.RestAsync();
        enough.SetResult(1);
        await world.RestAsync();

        Assert.Equal(0, paid);
        Assert.Equal([TryPhase.BegunOnce, TryPhase.NotBegun], (await world.Now(handle)).Tries.Select(one => one.Phase));
        world.Bodies.Open();
        await world.EndOf(handle);
        Assert.True(await handle.ResultAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>What the result led the code to is not true any more, and so neither is that nobody asks.</summary>
    [Fact]
    public async Task A_body_that_a_refused_result_let_the_code_withdraw_begins_later()
    {
        await using var world = new World();
        var store = new WatchedStore(new InMemoryWorkflowStore(world.Database, "default"));
        var (first, other) = (new TaskCompletionSource<int>(), new TaskCompletionSource<int>());
        var paid = 0;
        store.Refuses = operation => operation is AdvanceOperation advance
            && advance.Entries.Any(entry => entry is { Key: "other", Failed: false });
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                using var withdraw = new CancellationTokenSource();
                var refused = context.StepAsync("other", _ => other.Task);
                await context.StepAsync("first", _ => first.Task);
                var pay = context.StepAsync("pay", _ => Task.FromResult(++paid), Once, withdraw.Token);
                try
                {
                    await refused;
                }
                catch (StepFailedException)
                {
                    return await pay;
                }

                withdraw.Cancel();
                return 0;
            },
            0,
            configure: hydra => hydra.UseStore(_ => store));
        await world.RestAsync();
        world.Bodies.Close();
        first.SetResult(1);
        await world.RestAsync();
        Assert.Equal(TryPhase.BegunOnce, Assert.Single((await world.Now(handle)).Tries).Phase);

        other.SetResult(2);
        await world.RestAsync();
        world.Bodies.Open();
        await world.EndOf(handle);

        Assert.Equal((1, 1), (await handle.ResultAsync(TestContext.Current.CancellationToken), paid));
    }

    /// <summary>All that begin are told at once, and a database takes no batch of any size.</summary>
    [Fact]
    public async Task Many_with_large_inputs_are_told_in_pieces()
    {
        const int Steps = 30;
        const int Bytes = 100 * 1024;
        await using var world = new World();
        var store = new WatchedStore(new InMemoryWorkflowStore(world.Database, "default"));
        var told = new List<int>();
        store.Refuses = operation =>
        {
            var tries = operation is AdvanceOperation advance ? advance.Tries : [];
            if (tries.Count > 0)
            {
                told.Add(tries.Sum(static one => one.Input.Length));
            }

            return false;
        };
        var paid = 0;
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                await Task.WhenAll(Enumerable.Range(0, Steps).Select(_ => context.StepAsync(
                    "pay", new string('x', Bytes), (_, _) => Task.FromResult(Interlocked.Increment(ref paid)), Once)));
                return 0;
            },
            0,
            configure: hydra => hydra.UseStore(_ => store));

        var details = await world.EndOf(handle);

        Assert.Equal((ExecutionState.Completed, Steps), (details.Row.State, paid));
        Assert.All(told, static bytes => Assert.InRange(bytes, Bytes, 1024 * 1024));
    }

    [Fact]
    public async Task Why_names_it_while_it_runs()
    {
        await using var world = new World();
        var end = new TaskCompletionSource<int>();
        var handle = await world.StartAsync(
            (WorkflowContext context, int number) => context.StepAsync("pay", number, (_, _) => end.Task, Once), 5);
        await world.RestAsync();

        var why = await handle.WhyAsync(TestContext.Current.CancellationToken);

        Assert.Contains("pay", string.Join(" ", why.Text), StringComparison.Ordinal);
        end.SetResult(1);
        await world.EndOf(handle);
    }

    /// <summary>Starts what pays once a first step has ended, beside another whose result is refused.</summary>
    private static async Task<ExecutionHandle<string>> StartBesideRefusedAsync(
        World world,
        WatchedStore store,
        TaskCompletionSource<int> first,
        TaskCompletionSource<int> other,
        Func<int> pay)
    {
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                var refused = context.StepAsync("other", _ => other.Task);
                await context.StepAsync("first", _ => first.Task);
                var paid = await PayAsync(context, () => Task.FromResult(pay()));
                try
                {
                    return $"{paid} {await refused}";
                }
                catch (StepFailedException)
                {
                    return $"{paid} refused";
                }
            },
            0,
            configure: hydra => hydra.UseStore(_ => store));
        await world.RestAsync();
        return handle;
    }

    private static Task<string> PayAsync(WorkflowContext context, Func<Task<int>> body) =>
        PayAsync(context, _ => body());

    private static async Task<string> PayAsync(WorkflowContext context, Func<CancellationToken, Task<int>> body)
    {
        try
        {
            return $"{await context.StepAsync("pay", 1, (_, token) => body(token), Once)}";
        }
        catch (StepInterruptedException e)
        {
            return $"nobody knows about {e.StepKey}";
        }
    }
}
