using Hydra.Storage;
using Hydra.Tests.Support;

namespace Hydra.Tests.Bounds;

/// <summary>
/// The store never takes the row of a failed try, behind which something has been sent that does not depend on it.
/// </summary>
public sealed class RefusedRowTests : IAsyncDisposable
{
    private readonly World _world = new();
    private readonly TaskCompletionSource<int> _failing = new();
    private readonly TaskCompletionSource<int> _fine = new();
    private readonly TaskCompletionSource<int> _other = new();
    private readonly TaskCompletionSource _held = new();
    private WatchedStore? _store; // Disposed of by its engine.
    private int _runs;

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task What_was_written_behind_it_stays_and_its_owner_ends_the_execution_as_failed()
    {
        var handle = await StartAsync(static (failing, fine, other) => Task.WhenAll(failing, fine, other));

        await SendAsync(_fine, _other);
        var details = await _world.EndOf(handle);

        Assert.Equal((ExecutionState.Failed, 1, 1), (details.Row.State, details.Row.Epoch, _runs));
        Assert.Equal(["fine", "other"], details.Steps().Select(static step => step.Key));
        Assert.Contains("The store refused it", details.End().Message, StringComparison.Ordinal);
    }

    /// <summary>Whatever kept it out at first: it is sent again behind what was written meanwhile.</summary>
    [Fact]
    public async Task Once_it_is_taken_nothing_fails_and_it_counts()
    {
        var handle = await StartAsync(static (failing, fine, _) => Task.WhenAll(failing, fine));
        var refusals = 0;
        _store!.Refuses = operation =>
            operation is AdvanceOperation advance && advance.Tries.Any(IsFailed) && ++refusals <= 2;

        await SendAsync(_fine); // Refused in a batch, and then alone.
        var details = await _world.EndOf(handle);

        Assert.Equal((ExecutionState.Completed, 3), (details.Row.State, refusals));
        Assert.Equal(
            [("fine", 1), ("failing", 2)], details.Steps().Select(static step => (step.Key, step.Attempt)));
    }

    [Fact]
    public async Task What_is_refused_too_leaves_nothing_and_the_execution_fails()
    {
        var handle = await StartAsync(static (failing, fine, _) => Task.WhenAll(failing, fine));
        Refuse(static later => later.Settlement is null);

        await SendAsync(_fine);
        var details = await _world.EndOf(handle);

        Assert.Equal((ExecutionState.Failed, 1, 1), (details.Row.State, details.Row.Epoch, _runs));
        Assert.Equal([EntryKind.Input, EntryKind.Terminal], details.Kinds());
    }

    [Fact]
    public async Task Who_is_told_behind_it_that_another_owns_the_execution_lets_go_of_it()
    {
        var handle = await StartAsync(static (failing, fine, _) => Task.WhenAll(failing, fine));
        var isNext = false;
        Refuse(later =>
        {
            isNext = later.Entries is [{ Key: "fine" }];
            return false;
        });
        _store!.Commit = answer =>
        {
            var fenced = isNext;
            isNext = false;
            return fenced ? Fence(answer) : answer;
        };

        await SendAsync(_fine);
        var details = await _world.EndOf(handle);

        Assert.Contains(" 22:", _world.Log.ToString(), StringComparison.Ordinal);
        Assert.Equal((ExecutionState.Completed, 2, 2), (details.Row.State, details.Row.Epoch, _runs));
    }

    [Fact]
    public async Task What_stays_in_doubt_behind_it_is_taken_up_again_as_it_is_stored()
    {
        var handle = await StartAsync(static (failing, fine, _) => Task.WhenAll(failing, fine));
        Refuse(static later => later.Entries is [{ Key: "fine" }]
            ? throw new StoreException(StoreErrorKind.InDoubt, "Gone.")
            : false);

        await SendAsync(_fine);
        for (var minutes = 0; minutes < 70; minutes += 2)
        {
            await _world.AdvanceAsync(TimeSpan.FromMinutes(2));
        }

        _store!.Refuses = static _ => false;
        var details = await _world.EndOf(handle);

        Assert.Equal((ExecutionState.Completed, 0), (details.Row.State, details.Row.Crashes));
    }

    [Fact]
    public async Task An_end_that_is_written_behind_it_holds()
    {
        var handle = await StartAsync(static async (failing, fine, _) => [await await Task.WhenAny(failing, fine)]);

        await SendAsync(_fine);
        var result = await _world.Until(handle.ResultAsync(TestContext.Current.CancellationToken));
        await _world.RestAsync();

        Assert.Equal([1], result);
        Assert.DoesNotContain(" 22:", _world.Log.ToString(), StringComparison.Ordinal);
        Assert.Equal(ExecutionState.Completed, (await _world.Now(handle)).Row.State);
    }

    /// <summary>The store keeps what is to be suspended awake, so that its owner goes on to the end.</summary>
    [Fact]
    public async Task What_may_not_be_suspended_behind_it_fails()
    {
        var handle = await StartAsync(
            static async (failing, fine, _) => [await fine + await failing], TimeSpan.FromMinutes(1));
        var outsider = await _world.OpenAsync(static _ => { }, worker: null);
        _other.SetResult(1);
        await _world.RestAsync();
        await FailAsync();
        _fine.SetResult(1);
        await _world.RestAsync();
        await outsider.Execution(handle.Id).CancelAsync(TestContext.Current.CancellationToken);

        _held.SetResult();
        var details = await _world.EndOf(handle);

        Assert.Equal((ExecutionState.Failed, 1), (details.Row.State, details.Row.Epoch));
        Assert.Contains("The store refused it", details.End().Message, StringComparison.Ordinal);
    }

    /// <summary>Starts what has three steps under way, and refuses the rows of tries that failed.</summary>
    private async Task<ExecutionHandle<int[]>> StartAsync(
        Func<Task<int>, Task<int>, Task<int>, Task<int[]>> run, TimeSpan? backoff = null)
    {
        StepOptions soon = new() { Retry = new() { Backoff = backoff ?? TimeSpan.FromMilliseconds(100) } };
        var client = await _world.OpenAsync(
            (WorkflowContext context, int _) => run(
                context.StepAsync("failing", _ => _runs++ == 0 ? _failing.Task : Task.FromResult(1), soon),
                context.StepAsync("fine", _ => _fine.Task),
                context.StepAsync("other", _ => _other.Task)),
            configure: hydra => hydra.UseStore(setup =>
                _store = new WatchedStore(new InMemoryWorkflowStore(_world.Database, setup.Namespace))),
            worker: static worker => worker with
            {
                HeartbeatInterval = TimeSpan.FromMinutes(5),
                ClaimTimeout = TimeSpan.FromMinutes(20),
            });
        var handle = await client.Workflow<int, int[]>("test").StartAsync(
            0, cancellationToken: TestContext.Current.CancellationToken);
        await _world.RestAsync();
        Refuse(static _ => false);
        return handle;
    }

    private void Refuse(Predicate<AdvanceOperation> later) => _store!.Refuses = operation =>
        operation is AdvanceOperation advance
        && (advance.Tries.Any(IsFailed) || later(advance));

    private static bool IsFailed(StepTry one) => one.Phase == TryPhase.Failed;

    /// <summary>Lets the row and what comes behind it be sent together, and then one by one.</summary>
    private async Task SendAsync(params TaskCompletionSource<int>[] behind)
    {
        await FailAsync();
        foreach (var body in behind)
        {
            body.SetResult(1);
            await _world.RestAsync();
        }

        _held.SetResult();
    }

    private async Task FailAsync()
    {
        _store!.Held = _held.Task;
        _failing.SetException(new InvalidOperationException("no"));
        await _world.RestAsync();
    }

    private static CommitAnswer Fence(CommitAnswer answer) => answer with
    {
        Answers = [.. answer.Answers.Select(static one => one with { Kind = AnswerKind.Fenced })],
    };
}
