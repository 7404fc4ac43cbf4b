using System.Text;
using Hydra.Storage;
using Hydra.Testing;
using Hydra.Tests.Support;

namespace Hydra.Tests.Steps;

/// <summary>How the engine lands results of transactional steps, and finds out what became of them.</summary>
public sealed class LandingTests : IAsyncDisposable
{
    private static readonly TransactionOptions Twice = new()
    {
        Timeout = TimeSpan.FromSeconds(6),
        Retry = new() { MaxAttempts = 2, Backoff = TimeSpan.Zero },
    };

    private readonly World _world = new();
    private readonly LandingStore _store;
    private int _bodies;

    public LandingTests() => _store = new LandingStore(_world.Database, places: 2);

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Another_input_than_that_of_the_committed_result_blocks_and_both_are_told()
    {
        var handle = await LeaveAsync(Landed("""{"amount":5}"""));

        await OpenAsync(context => context.TransactionAsync(
            "write", new Transfer(6), (_, _, _) => Task.FromResult(++_bodies)));
        var details = await _world.Now(handle);

        Assert.Equal((ExecutionState.Blocked, 0), (details.Row.State, _bodies));
        var difference = Assert.Single(details.Refusals).Difference.Failure().Message;
        Assert.Contains(
            """step 'write' was committed with the input {"amount":5}""", difference, StringComparison.Ordinal);
        Assert.Contains("""the code gives it {"amount":6}""", difference, StringComparison.Ordinal);
    }

    /// <summary>No other build could go on from there: the failure of the first attempt has led it elsewhere.</summary>
    [Fact]
    public async Task Another_input_in_a_later_attempt_fails_the_execution_and_both_are_told()
    {
        var attempts = 0;
        var handle = await LeaveAsync(Landed("""{"amount":5}"""));

        await OpenAsync(context => ++attempts == 1
            ? throw new InvalidOperationException("Planted.")
            : context.TransactionAsync("write", new Transfer(6), (_, _, _) => Task.FromResult(++_bodies)));
        var details = await _world.EndOf(handle);

        Assert.Equal((ExecutionState.Failed, 2, 0), (details.Row.State, details.Row.Attempt, _bodies));
        Assert.Equal("Hydra.ResultLeftBehind", details.End().Type);
        Assert.Contains(
            """step 'write' was committed with the input {"amount":5}""",
            details.End().Message,
            StringComparison.Ordinal);
        Assert.Contains("""the code gives it {"amount":6}""", details.End().Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_committed_result_is_delivered_for_the_same_input_by_value()
    {
        var handle = await LeaveAsync(Landed("""{ "amount": 5 }"""));

        await OpenAsync(context => context.TransactionAsync(
            "write", new Transfer(5), (_, _, _) => Task.FromResult(++_bodies)));

        Assert.Equal((7, 0), (await _world.Until(handle.ResultAsync()), _bodies));
    }

    /// <summary>The code may have gone on behind it, before its owner died.</summary>
    [Fact]
    public async Task No_other_body_begins_before_the_committed_result_is_delivered()
    {
        var order = new List<string>();
        var handle = await LeaveAsync(Landed("""{"amount":5}"""));
        _store.Reads = read =>
        {
            order.Add("the store is asked");
            return read;
        };

        await OpenAsync(async context =>
        {
            var beside = context.StepAsync("beside", _ =>
            {
                order.Add("a body begins");
                return Task.FromResult(1);
            });
            var landed = await context.TransactionAsync(
                "write", new Transfer(5), (_, _, _) => Task.FromResult(++_bodies));
            order.Add("it is delivered");
            return landed + await beside;
        });

        Assert.Equal((8, 0), (await _world.Until(handle.ResultAsync()), _bodies));
        Assert.Equal(["the store is asked", "it is delivered", "a body begins"], order);
    }

    /// <summary>As after a restore of half a database: neither can be believed.</summary>
    [Theory]
    [InlineData(2)]
    [InlineData(0)]
    public async Task Two_results_of_one_step_or_one_that_is_gone_block_it_and_say_so(int results)
    {
        var landed = Landed("""{"amount":5}""");
        var handle = await LeaveAsync(landed, landed with { Attempt = 2 });
        _store.Reads = read => [.. read.Take(results)];

        await OpenAsync(context => context.TransactionAsync(
            "write", new Transfer(5), (_, _, _) => Task.FromResult(++_bodies)));
        await _world.PassAsync(TimeSpan.FromSeconds(5));
        var details = await _world.Now(handle);

        Assert.Equal((ExecutionState.Blocked, 0), (details.Row.State, _bodies));
        Assert.Contains(
            results == 2 ? "more than one result of step 'write'" : "now has none",
            Assert.Single(details.Refusals).Difference.Failure().Message,
            StringComparison.Ordinal);
    }

    /// <summary>Its landing is under way when its time is up, so that nobody knows what will become of it.</summary>
    [Fact]
    public async Task A_body_that_was_let_go_of_is_barred_before_the_next_try_and_lands_no_more()
    {
        var stuck = new TaskCompletionSource();
        var refused = new TaskCompletionSource();
        var order = new List<string>();
        _store.Bars = bar =>
        {
            order.Add($"{bar.Attempt} is barred");
            _ = _bodies == 2 && refused.TrySetResult();
        };
        _store.Lands = async landed =>
        {
            await (landed.Attempt == 1 ? stuck.Task : Task.CompletedTask);
            order.Add($"{landed.Attempt} lands");
        };
        var handle = await StartAsync(context => context.TransactionAsync(
            "write",
            async (_, _) =>
            {
                order.Add($"{++_bodies} begins");
                if (_bodies == 2)
                {
                    stuck.SetResult();
                    await refused.Task;
                }

                return _bodies;
            },
            Twice));

        var result = await _world.Until(handle.ResultAsync());

        Assert.Equal(2, result);
        Assert.Equal(
            ["1 begins", "1 is barred", "2 begins", "1 lands", "1 is barred", "2 lands"], order);
        var details = await handle.DescribeAsync();
        Assert.Equal(2, Assert.Single(details.Tries, one => one.IsResult()).Attempt);
        Assert.Equal(0, _store.Open);
    }

    /// <summary>It comes through while nobody knows yet whether it will.</summary>
    [Fact]
    public async Task A_commit_that_outlasts_all_patience_and_comes_through_has_succeeded()
    {
        var hangs = new TaskCompletionSource();
        var asked = 0;
        _store.Commits = () => hangs.Task;
        _store.Bars = _ =>
        {
            if (++asked == 1)
            {
                hangs.SetResult();
                throw new StoreException(StoreErrorKind.InDoubt, "No answer.");
            }
        };
        var handle = await StartAsync(
            context => context.TransactionAsync("write", (_, _) => Task.FromResult(++_bodies), Twice));

        Assert.Equal((1, 1), (await _world.Until(handle.ResultAsync()), _bodies));
        Assert.InRange(_world.Elapsed, TimeSpan.FromSeconds(36), TimeSpan.FromSeconds(37));
        Assert.Single((await handle.DescribeAsync()).Tries, one => one.IsResult());
    }

    /// <summary>Asking for ever would keep its slot, and its place in line, for nothing.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_bar_that_the_store_refuses_for_good_blocks_the_execution_until_it_is_tried_again(bool isStuck)
    {
        var (refuses, bars) = (true, 0);
        var never = new TaskCompletionSource<int>();
        _store.Commits = () => refuses
            ? throw new StoreException(StoreErrorKind.InDoubt, "No answer.")
            : Task.CompletedTask;
        _store.Bars = _ =>
        {
            bars++;
            if (refuses)
            {
                throw new StoreException(StoreErrorKind.Deterministic, "A constraint that somebody has made.");
            }
        };
        var handle = await StartAsync(context => context.TransactionAsync(
            "write", (_, _) => ++_bodies == 1 && isStuck ? never.Task : Task.FromResult(_bodies), Twice));

        await _world.PassAsync(TimeSpan.FromMinutes(2));
        var details = await handle.DescribeAsync();
        refuses = false;
        var outcome = await handle.RetryAsync();
        var result = await _world.Until(handle.ResultAsync());

        Assert.Equal((ExecutionState.Blocked, 1), (details.Row.State, bars));
        var said = Assert.Single(details.Refusals).Difference.Failure().Message;
        Assert.Contains("step 'write'", said, StringComparison.Ordinal);
        Assert.Contains("A constraint that somebody has made.", said, StringComparison.Ordinal);
        Assert.Equal((RetryOutcome.Due, 2, 2), (outcome, result, _bodies));
        never.TrySetResult(0);
        await _world.RestAsync();
        Assert.Equal(0, _store.Open);
    }

    /// <summary>The code has ended without the step, and its end is on its way when the bar is refused.</summary>
    [Theory]
    [InlineData(EndOfCode.Completes, ExecutionState.Completed, 1)]
    [InlineData(EndOfCode.IsTriedAgain, ExecutionState.Completed, 2)]
    [InlineData(EndOfCode.IsRefused, ExecutionState.Failed, 1)]
    public async Task A_bar_that_the_store_refuses_for_good_leaves_an_end_alone_that_is_under_way(
        EndOfCode end, ExecutionState state, int attempts)
    {
        var (hangs, fine, held) = (
            new TaskCompletionSource(), new TaskCompletionSource<int>(), new TaskCompletionSource());
        var runs = 0;
        _store.Commits = () => _bodies == 1 ? hangs.Task : Task.CompletedTask;
        _store.Bars = _ => throw new StoreException(StoreErrorKind.Deterministic, "A constraint.");
        _store.Refuses = operation => end == EndOfCode.IsRefused
            && operation is AdvanceOperation { Entries: [.., { Kind: EntryKind.Terminal, Failed: false }] };
        var handle = await _world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                var write = context.TransactionAsync("write", (_, _) => Task.FromResult(++_bodies), Twice);
                var result = await context.StepAsync("fine", _ => fine.Task);
                return end != EndOfCode.IsTriedAgain ? result
                    : ++runs == 1 ? throw new InvalidOperationException("Planted.")
                    : result + await write;
            },
            0,
            new() { MaxAttempts = 2 },
            configure: hydra => hydra.UseStore(_ => _store));
        await _world.RestAsync();
        _store.Held = held.Task;
        fine.SetResult(5);
        await _world.RestAsync();

        hangs.SetException(new StoreException(StoreErrorKind.InDoubt, "No answer."));
        await _world.RestAsync();
        held.SetResult();
        await _world.PassAsync(TimeSpan.FromMinutes(1));
        var details = await handle.DescribeAsync();

        Assert.Equal((state, attempts, attempts), (details.Row.State, details.Row.Attempt, _bodies));
        Assert.Empty(details.Refusals);
        Assert.Equal(state == ExecutionState.Failed, details.Journal[^1].Failed);
        Assert.Equal(attempts - 1, details.Tries.Count(one => one.IsResult()));
        Assert.Equal(0, _store.Open);
    }

    [Fact]
    public async Task A_landed_result_that_the_store_refuses_to_tell_for_good_blocks_the_execution()
    {
        var reads = 0;
        var handle = await LeaveAsync(Landed("""{"amount":5}"""));
        _store.Reads = _ => throw new StoreException(StoreErrorKind.Deterministic, $"A function is gone ({++reads}).");

        await OpenAsync(context => context.TransactionAsync(
            "write", new Transfer(5), (_, _, _) => Task.FromResult(++_bodies)));
        await _world.PassAsync(TimeSpan.FromSeconds(5));
        var details = await _world.Now(handle);

        Assert.Equal((ExecutionState.Blocked, 0, 1), (details.Row.State, _bodies, reads));
        Assert.Contains(
            "A function is gone (1).",
            Assert.Single(details.Refusals).Difference.Failure().Message,
            StringComparison.Ordinal);
    }

    /// <summary>Six bodies make one try.</summary>
    [Fact]
    public async Task A_deadlock_that_comes_back_makes_the_body_begin_anew_five_times_within_a_try()
    {
        _store.Lands = _ => Task.FromException(new StoreException(StoreErrorKind.RolledBack, "A deadlock."));
        var handle = await StartAsync(
            context => context.TransactionAsync("write", (_, _) => Task.FromResult(++_bodies), Twice));

        var details = await _world.EndOf(handle);

        Assert.Equal((ExecutionState.Failed, 12), (details.Row.State, _bodies));
        Assert.Single(details.Tries, one => one.Phase == TryPhase.Failed);
        Assert.Contains(
            "A deadlock.", Assert.Single(details.Journal, one => one.Kind == EntryKind.Step).Output.Failure().Message,
            StringComparison.Ordinal);
        Assert.Equal(0, _store.Open);
    }

    /// <summary>Nobody asks a policy about what is the outcome of nothing.</summary>
    [Fact]
    public async Task A_fenced_landing_is_no_failed_try_and_ends_the_ownership()
    {
        var asked = 0;
        var policy = new RetryPolicy { MaxAttempts = 5, Backoff = TimeSpan.Zero, RetryWhen = _ => ++asked > 0 };
        var id = default(ExecutionId);
        _store.Lands = _ =>
        {
            if (_bodies == 1)
            {
                _store.Forget(id);
            }

            return Task.CompletedTask;
        };
        var handle = await StartAsync(context =>
        {
            id = context.ExecutionId;
            return context.TransactionAsync("write", (_, _) => Task.FromResult(++_bodies), new() { Retry = policy });
        });

        var details = await _world.EndOf(handle);

        Assert.Equal((ExecutionState.Completed, 0, 2), (details.Row.State, asked, _bodies));
        Assert.DoesNotContain(details.Tries, one => one.Phase == TryPhase.Failed);
    }

    /// <summary>Its locks are gone before others take over what a dead process leaves.</summary>
    [Fact]
    public async Task A_body_has_half_the_claim_s_timeout_unless_it_is_given_less()
    {
        var handle = await StartAsync(context => context.TransactionAsync(
            "write",
            static async (_, token) =>
            {
                await Task.Delay(Timeout.Infinite, token);
                return 0;
            },
            new() { Retry = RetryPolicy.None }));

        var details = await _world.EndOf(handle);

        Assert.Equal(ExecutionState.Failed, details.Row.State);
        Assert.InRange(details.Row.FinishedAt!.Value.Time().TotalSeconds, 7.5, 9);
    }

    /// <summary>Nobody may be told that it has failed, and so the execution does.</summary>
    [Fact]
    public async Task A_committed_result_that_the_store_refuses_for_good_fails_the_execution_and_no_step()
    {
        var (gate, held) = (new TaskCompletionSource<int>(), new TaskCompletionSource());
        var handle = await StartAsync(async context => (await Task.WhenAll(
            context.TransactionAsync("one", (_, _) => gate.Task),
            context.TransactionAsync("two", (_, _) => gate.Task))).Sum());
        await _world.RestAsync();
        _store.Refuses = static operation => operation is AdvanceOperation advance
            && advance.Entries.Any(static entry => entry is { Key: "one", Failed: false });
        _store.Held = held.Task;
        gate.SetResult(1);
        await _world.RestAsync();
        held.SetResult();

        var details = await _world.EndOf(handle);

        Assert.Equal(ExecutionState.Failed, details.Row.State);
        Assert.DoesNotContain(details.Steps(), static step => step.Failed);
        Assert.Contains("The store refused it", details.End().Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_around_another_has_its_transactions()
    {
        var around = new FaultyStore(_world.Counted(_store), static _ => null);
        var handle = await _world.StartAsync(
            (WorkflowContext context, int input) => context.TransactionAsync(
                "write", input, (_, value, _) => Task.FromResult(value + ++_bodies)),
            6,
            configure: hydra => hydra.UseStore(_ => around));

        Assert.Equal((7, 1), (await _world.Until(handle.ResultAsync()), _bodies));
        Assert.Contains((await _world.EndOf(handle)).Tries, one => one.IsResult());
    }

    /// <summary>What becomes of an end of the code.</summary>
    public enum EndOfCode
    {
        Completes,
        IsTriedAgain,
        IsRefused,
    }

    private sealed record Transfer(int Amount);

    private static StepTry Landed(string input) => new()
    {
        Key = "write",
        Attempt = 1,
        Epoch = 1,
        Phase = TryPhase.Landed,
        ExecutionAttempt = 1,
        Input = Json(input),
        Output = Json("7"),
        StartedAt = Instant.From(World.Start),
        EndedAt = Instant.From(World.Start),
        Worker = "gone",
    };

    private static Payload Json(string text) => Payload.Create(Encoding.UTF8.GetBytes(text));

    /// <summary>An execution whose first owner died behind its commits.</summary>
    private async Task<ExecutionHandle<int>> LeaveAsync(params StepTry[] tries)
    {
        var client = await _world.OpenAsync(
            hydra => hydra.AddWorkflow("test", (WorkflowContext _, int _) => Task.FromResult(0)), worker: null);
        var handle = await client.Workflow<int, int>("test").StartAsync(0);
        foreach (var one in tries)
        {
            _store.Leave(handle.Id, one);
        }

        return handle;
    }

    private Task<IHydraClient> OpenAsync(Func<WorkflowContext, Task<int>> code) => _world.OpenAsync(
        (WorkflowContext context, int _) => code(context), configure: hydra => hydra.UseStore(_ => _store));

    private Task<ExecutionHandle<int>> StartAsync(Func<WorkflowContext, Task<int>> code) => _world.StartAsync(
        (WorkflowContext context, int _) => code(context),
        0,
        new() { MaxAttempts = 1 },
        configure: hydra => hydra.UseStore(_ => _store));
}
