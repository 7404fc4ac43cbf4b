using Hydra.Engine.Running;
using Hydra.Storage;
using Hydra.Tests.Support;

namespace Hydra.Tests.Steps;

/// <summary>Transactional steps that wait until the database has room for them.</summary>
public sealed class TransactionLineTests : IAsyncDisposable
{
    private static readonly TransactionOptions Once = new()
    {
        Timeout = TimeSpan.FromSeconds(6),
        Retry = new() { MaxAttempts = 1 },
    };

    private readonly World _world = new();
    private readonly LandingStore _store;

    public TransactionLineTests() => _store = new LandingStore(_world.Database);

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    /// <summary>Four bodies of five seconds each, and six seconds of time for each.</summary>
    [Fact]
    public async Task Waiting_in_line_takes_none_of_a_steps_time()
    {
        var handle = await StartAsync(async context => (await Task.WhenAll(Enumerable.Range(0, 4).Select(
            number => context.TransactionAsync(
                $"write-{number}",
                number,
                async (_, value, token) =>
                {
                    await Task.Delay(TimeSpan.FromSeconds(5), _world.Clock, token);
                    return value;
                },
                Once)))).Sum());

        var result = await _world.Until(handle.ResultAsync());

        Assert.Equal(6, result);
        Assert.DoesNotContain((await _world.EndOf(handle)).Tries, row => row.Phase == TryPhase.Failed);
    }

    [Fact]
    public async Task No_more_transactions_are_open_than_there_is_room_for()
    {
        var most = 0;
        var handle = await StartAsync(async context => (await Task.WhenAll(Enumerable.Range(0, 20).Select(
            number => context.TransactionAsync(
                $"write-{number}",
                number,
                async (_, value, token) =>
                {
                    most = Math.Max(most, _store.Open);
                    await Task.Delay(TimeSpan.FromMilliseconds(10), _world.Clock, token);
                    return value;
                },
                Once)))).Length);

        var result = await _world.Until(handle.ResultAsync());

        Assert.Equal((20, 1, 0), (result, most, _store.Open));
    }

    [Fact]
    public async Task Who_has_come_first_is_served_first_and_who_has_left_is_passed_over()
    {
        var line = new TransactionLine(2);
        using var leaving = new CancellationTokenSource();
        var places = new[] { await line.EnterAsync(default), await line.EnterAsync(default) };
        var first = line.EnterAsync(default).AsTask();
        var second = line.EnterAsync(leaving.Token).AsTask();
        var third = line.EnterAsync(default).AsTask();
        await leaving.CancelAsync();
        Assert.False(first.IsCompleted || third.IsCompleted);

        places[0].Dispose();
        places[0].Dispose(); // One place is left once.
        using var place = await first;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        Assert.False(third.IsCompleted);
        places[1].Dispose();
        (await third).Dispose();
        (await line.EnterAsync(default)).Dispose(); // Nobody waits for it.
    }

    [Fact]
    public async Task A_step_that_is_cancelled_in_line_never_begins_and_leaves_its_place()
    {
        var first = new TaskCompletionSource<int>();
        var begun = new List<string>();
        var handle = await StartAsync(
            async context =>
            {
                var name = context.ExecutionId.ToString();
                return await context.TransactionAsync("write", (_, _) =>
                {
                    begun.Add(name);
                    return first.Task;
                });
            });
        await _world.RestAsync();
        var workflow = _world.Clients[0].Workflow<int, int>("test");
        var cancelled = await workflow.StartAsync(0);
        var last = await workflow.StartAsync(0);
        await _world.RestAsync();

        await cancelled.CancelAsync();
        var details = await _world.EndOf(cancelled);
        first.SetResult(7);

        Assert.Equal((7, 7), (await _world.Until(handle.ResultAsync()), await _world.Until(last.ResultAsync())));
        Assert.Equal(ExecutionState.Cancelled, details.Row.State);
        Assert.Empty(details.Tries);
        Assert.Equal([handle.Id.ToString(), last.Id.ToString()], begun);
    }

    [Fact]
    public async Task A_body_that_never_ends_keeps_nobody_in_line_once_it_is_let_go_of()
    {
        var bodies = 0;
        var never = new TaskCompletionSource<int>();
        var handle = await StartAsync(context => context.TransactionAsync(
            "write",
            (_, _) => ++bodies == 1 ? never.Task : Task.FromResult(7),
            Once with { Retry = new() { MaxAttempts = 2, Backoff = TimeSpan.Zero } }));

        var result = await _world.Until(handle.ResultAsync());

        Assert.Equal((7, 2), (result, bodies));
        never.SetResult(0);
        await _world.RestAsync();
        Assert.Equal(0, _store.Open);
    }

    /// <summary>As a file whose write lock somebody else keeps.</summary>
    [Fact]
    public async Task A_database_that_is_locked_is_waited_for()
    {
        var bodies = 0;
        _store.Begins = () =>
        {
            if (_world.Elapsed < TimeSpan.FromMinutes(1))
            {
                throw new StoreException(StoreErrorKind.RolledBack, "It is locked.");
            }
        };
        var handle = await StartAsync(context => context.TransactionAsync(
            "write",
            async (_, token) =>
            {
                bodies++;
                await Task.Delay(TimeSpan.FromSeconds(5), _world.Clock, token);
                return 7;
            },
            Once));

        var result = await _world.Until(handle.ResultAsync());

        Assert.Equal((7, 1), (result, bodies));
        Assert.InRange(_world.Elapsed, TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(75));
    }

    private Task<ExecutionHandle<int>> StartAsync(Func<WorkflowContext, Task<int>> code) => _world.StartAsync(
        (WorkflowContext context, int _) => code(context), 0, configure: hydra => hydra.UseStore(_ => _store));
}
