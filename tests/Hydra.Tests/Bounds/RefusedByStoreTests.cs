using Hydra.Storage;
using Hydra.Tests.Support;

namespace Hydra.Tests.Bounds;

/// <summary>What passes every check and the store never takes: recorded as a failure, not tried for ever.</summary>
public class RefusedByStoreTests
{
    private static readonly StepOptions Once = new() { Retry = RetryPolicy.None };

    private readonly List<WatchedStore> _stores = []; // Disposed of by their engines.
    private int _flakyRuns;

    [Theory]
    [InlineData(10, 5_000)]
    [InlineData(5_000, 10)]
    public async Task Of_several_results_exactly_the_refused_one_fails_its_step(int refusedLength, int takenLength)
    {
        // The second attempt delivers both results of the first again, in one operation.
        await using var world = new World();
        var gate = new TaskCompletionSource();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                var refused = context.StepAsync("refused", _ => TextAsync(refusedLength));
                var taken = context.StepAsync("taken", _ => TextAsync(takenLength));
                var flaky = context.StepAsync("flaky", FlakyAsync, Once);
                var lengths = await Task.WhenAll(Length(refused), Length(taken), Length(flaky));
                return string.Join(' ', lengths);
            },
            0,
            configure: hydra => Watch(
                hydra, world, entry => entry is { Key: "refused", OriginSeq: > 0, Failed: false }));
        await world.RestAsync();
        gate.SetResult();

        var result = await world.Until(handle.ResultAsync());
        var details = await world.EndOf(handle);

        Assert.Equal($"Hydra.StoreException {takenLength} 5", result);
        var again = details.Steps().Where(entry => entry.OriginSeq > 0).ToDictionary(entry => entry.Key);
        Assert.Equal((true, false), (again["refused"].Failed, again["taken"].Failed));
        Assert.Contains("The store refused it: No bytes for it.", again["refused"].Output.Failure().Message,
            StringComparison.Ordinal);
        Assert.Equal(0, details.Row.Crashes);
        Assert.InRange(_flakyRuns, 2, 3); // It may have begun beside what is refused, and is lost with it.

        async Task<string> TextAsync(int length)
        {
            await gate.Task; // Both land behind the failure that ends the attempt.
            return new string('x', length);
        }

        static async Task<string> Length(Task<string> text)
        {
            try
            {
                return $"{(await text).Length}";
            }
            catch (StepFailedException e) when (e.Failure.NonRetryable)
            {
                return e.Failure.Type;
            }
        }
    }

    [Fact]
    public async Task A_refused_output_of_a_workflow_fails_the_execution_and_no_step()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            (WorkflowContext context, int _) => context.StepAsync("fine", _ => Task.FromResult(7)),
            0,
            configure: hydra => Watch(hydra, world, entry => entry is { Kind: EntryKind.Terminal, Failed: false }));

        var details = await world.EndOf(handle);

        Assert.Equal(ExecutionState.Failed, details.Row.State);
        Assert.False(Assert.Single(details.Steps()).Failed);
        Assert.Contains("The store refused it", details.End().Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refused_row_of_a_failed_try_fails_the_execution()
    {
        await using var world = new World();
        var client = await world.OpenAsync(
            (WorkflowContext context, int _) => context.StepAsync("flaky", FlakyAsync),
            configure: hydra => Watch(hydra, world, _ => false));
        _stores[0].Refuses = operation => operation is AdvanceOperation { Tries.Count: > 0 };
        var handle = await client.Workflow<int, string>("test").StartAsync(0);

        var details = await world.EndOf(handle);

        Assert.Equal((ExecutionState.Failed, 1), (details.Row.State, _flakyRuns));
        Assert.Contains("The store refused it", details.End().Message, StringComparison.Ordinal);
        Assert.Empty(details.Steps());
    }

    /// <summary>What does not depend on the refused row is written before anybody could take it back.</summary>
    [Fact]
    public async Task A_result_that_is_written_behind_a_refused_row_stays_and_the_end_comes_after_it()
    {
        await using var world = new World();
        var (failing, fine) = (new TaskCompletionSource<int>(), new TaskCompletionSource<int>());
        var client = await world.OpenAsync(
            async (WorkflowContext context, int _) => (await Task.WhenAll(
                context.StepAsync("failing", _ => failing.Task),
                context.StepAsync("fine", _ => fine.Task))).Sum(),
            configure: hydra => Watch(hydra, world, _ => false));
        _stores[0].Refuses = operation => operation is AdvanceOperation { Tries.Count: > 0 };
        var handle = await client.Workflow<int, int>("test").StartAsync(0);
        await world.RestAsync();
        var held = new TaskCompletionSource();
        _stores[0].Held = held.Task;
        failing.SetException(new InvalidOperationException("no"));
        await world.RestAsync();
        fine.SetResult(7);
        await world.RestAsync();
        held.SetResult(); // Both are sent together, then one by one.

        var details = await world.EndOf(handle);

        Assert.Equal(ExecutionState.Failed, details.Row.State);
        Assert.Equal("fine", Assert.Single(details.Steps()).Key);
        Assert.Contains("The store refused it", details.End().Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_refused_only_together_is_recorded_one_by_one_and_fails_nothing()
    {
        await using var world = new World();
        var gate = new TaskCompletionSource<int>();
        var client = await world.OpenAsync(
            async (WorkflowContext context, int _) =>
            {
                var one = context.StepAsync("one", _ => gate.Task);
                var two = context.StepAsync("two", _ => gate.Task);
                return $"{await context.StepAsync("flaky", FlakyAsync, Once)} {await one + await two}";
            },
            configure: hydra => Watch(hydra, world, _ => false));
        _stores[0].Refuses = operation => operation is AdvanceOperation { Entries.Count: > 1 };
        var handle = await client.Workflow<int, string>("test").StartAsync(0);
        await world.RestAsync();
        gate.SetResult(1);

        var result = await world.Until(handle.ResultAsync());
        var details = await world.EndOf(handle);

        Assert.Equal("fifth 2", result);
        Assert.Equal((2, 0), (details.Row.Attempt, details.Row.Crashes));
        Assert.Equal("flaky", Assert.Single(details.Steps(), entry => entry.Failed).Key);
    }

    [Fact]
    public async Task What_cannot_even_be_recorded_as_failed_is_left_to_other_builds_and_gives_its_slot_back()
    {
        await using var world = new World();
        var client = await world.OpenAsync(
            (WorkflowContext context, int _) => context.StepAsync("fine", _ => Task.FromResult(7)),
            configure: hydra => Watch(hydra, world, entry => entry.Kind != EntryKind.Input),
            worker: worker => worker with { Concurrency = 1 });
        var handle = await client.Workflow<int, int>("test").StartAsync(0);
        await world.PassAsync(TimeSpan.FromMinutes(1));

        var details = await world.Now(handle);
        var commits = _stores[0].Calls(nameof(IWorkflowStore.CommitAsync));
        _stores[0].Refuses = _ => false;
        var next = await client.Workflow<int, int>("test").StartAsync(0);

        Assert.Equal((ExecutionState.Blocked, 1), (details.Row.State, details.Refusals.Count));
        Assert.InRange(commits, 1, 20);
        Assert.Equal(7, await world.Until(next.ResultAsync()));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_stays_in_doubt_for_an_hour_is_let_go_of_and_taken_up_again_as_it_is_stored(bool inAStep)
    {
        await using var world = new World();
        var runs = 0;
        var client = await world.OpenAsync(
            (WorkflowContext context, int _) => inAStep
                ? context.StepAsync("charge", _ => Task.FromResult(++runs))
                : Task.FromResult(++runs),
            configure: hydra => Watch(hydra, world, _ => false),
            worker: worker => worker with
            {
                HeartbeatInterval = TimeSpan.FromMinutes(5),
                ClaimTimeout = TimeSpan.FromMinutes(20),
            });
        var handle = await client.Workflow<int, int>("test").StartAsync(0, new() { Delay = TimeSpan.FromSeconds(1) });
        _stores[0].Before = static (name, _) =>
        {
            if (name == nameof(IWorkflowStore.CommitAsync))
            {
                throw new StoreException(StoreErrorKind.InDoubt, "Gone.");
            }
        };
        for (var minutes = 0; minutes < 70; minutes += 2)
        {
            await world.AdvanceAsync(TimeSpan.FromMinutes(2));
        }

        _stores[0].Before = static (_, _) => { };
        var details = await world.EndOf(handle);

        Assert.Equal((ExecutionState.Completed, 1, 0), (details.Row.State, details.Row.Attempt, details.Row.Crashes));
        Assert.Equal(inAStep ? 1 : 0, details.Steps().Count);
        Assert.Equal(2, runs);
    }

    private Task<string> FlakyAsync(CancellationToken token) =>
        ++_flakyRuns == 1 ? throw new InvalidOperationException("no") : Task.FromResult("fifth");

    private void Watch(HydraBuilder hydra, World world, Predicate<JournalEntry> refuses) => hydra.UseStore(setup =>
    {
        _stores.Add(new WatchedStore(new InMemoryWorkflowStore(world.Database, setup.Namespace))
        {
            Refuses = operation =>
                operation is AdvanceOperation advance && advance.Entries.Any(entry => refuses(entry)),
        });
        return _stores[^1];
    });
}
