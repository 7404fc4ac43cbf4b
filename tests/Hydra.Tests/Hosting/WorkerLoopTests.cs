using Hydra.Storage;
using Hydra.Tests.Support;

namespace Hydra.Tests.Hosting;

public class WorkerLoopTests
{
    private readonly List<WatchedStore> _stores = [];

    [Fact]
    public async Task A_worker_whose_next_work_is_far_away_asks_the_store_once_per_poll_interval()
    {
        await using var world = new World();
        await world.StartAsync(Sleeper, TimeSpan.FromHours(1), configure: hydra => Watch(hydra, world));
        await world.RestAsync();
        var before = _stores[0].Calls(nameof(IWorkflowStore.ClaimAsync));

        await world.PassAsync(TimeSpan.FromMinutes(5));

        var claims = _stores[0].Calls(nameof(IWorkflowStore.ClaimAsync)) - before;
        Assert.InRange(claims, 50, 70);
    }

    [Fact]
    public async Task A_worker_looks_at_everything_once_per_poll_interval_whatever_wakes_it_between()
    {
        await using var world = new World();
        var client = await world.OpenAsync<TimeSpan, int>(Sleeper, configure: hydra => Watch(hydra, world));
        var looks = new List<TimeSpan>();
        var passing = 0;
        _stores[0].Claims = claim =>
        {
            passing += claim.Full ? 0 : 1;
            looks.AddRange(claim.Full ? [world.Elapsed] : []);
        };

        for (var i = 0; i < 10; i++)
        {
            await world.PassAsync(TimeSpan.FromSeconds(4));
            await client.Workflow<TimeSpan, int>("test").StartAsync(
                TimeSpan.Zero, new() { Delay = TimeSpan.FromMilliseconds(300) });
        }

        Assert.NotEqual(0, passing);
        Assert.All(
            looks.Zip(looks.Skip(1)),
            pair => Assert.InRange((pair.Second - pair.First).TotalSeconds, 5, 6)); // The clock moves by seconds here.
    }

    [Theory]
    [InlineData(nameof(IWorkflowStore.ClaimAsync))]
    [InlineData(nameof(IWorkflowStore.CommitAsync))]
    [InlineData(nameof(IWorkflowStore.HeartbeatAsync))]
    [InlineData(nameof(IWorkflowStore.MaintainAsync))]
    public async Task A_worker_outlives_any_error_of_its_store(string call)
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            Sleeper, TimeSpan.FromMinutes(1), configure: hydra => Watch(hydra, world));
        await world.RestAsync();

        FailTimes(call, 3, () => throw new StoreException(StoreErrorKind.RolledBack, "Undone."));
        await world.PassAsync(TimeSpan.FromSeconds(20));
        FailTimes(call, 3, () => throw new InvalidOperationException("A driver's own mistake."));
        await world.PassAsync(TimeSpan.FromSeconds(20));

        Assert.Equal(7, await world.Until(handle.ResultAsync()));
    }

    [Fact]
    public async Task A_client_whose_database_is_away_for_a_while_gets_its_answer()
    {
        await using var world = new World();
        var client = await world.OpenAsync<TimeSpan, int>(Sleeper, configure: hydra => Watch(hydra, world));
        FailTimes(nameof(IWorkflowStore.CommitAsync), 5, Away);

        var handle = await world.Until(client.Workflow<TimeSpan, int>("test").StartAsync(TimeSpan.Zero));

        Assert.Equal(7, await world.Until(handle.ResultAsync()));
    }

    [Theory]
    [InlineData(StoreErrorKind.NotSent, 30)]
    [InlineData(StoreErrorKind.RolledBack, 30)]
    [InlineData(StoreErrorKind.InDoubt, 30)]
    [InlineData(StoreErrorKind.Unavailable, 0)]
    [InlineData(StoreErrorKind.Deterministic, 0)]
    public async Task A_client_whose_database_stays_away_hears_of_it_when_its_patience_ends(
        StoreErrorKind kind, int seconds)
    {
        await using var world = new World();
        var client = await world.OpenAsync<TimeSpan, int>(Sleeper, configure: hydra => Watch(hydra, world));
        FailTimes(nameof(IWorkflowStore.CommitAsync), int.MaxValue, () => throw new StoreException(kind, "Away."));
        var before = world.Elapsed;

        var thrown = await Assert.ThrowsAsync<StoreException>(() =>
            world.Until(client.Workflow<TimeSpan, int>("test").StartAsync(TimeSpan.Zero)));
        FailTimes(nameof(IWorkflowStore.CommitAsync), 0, () => { });

        Assert.Equal(kind, thrown.Kind);
        Assert.InRange((world.Elapsed - before).TotalSeconds, seconds, seconds + 2);
    }

    [Fact]
    public async Task A_patience_without_end_is_one()
    {
        await using var world = new World();
        var client = await world.OpenAsync<TimeSpan, int>(Sleeper, configure: hydra =>
        {
            Watch(hydra, world);
            hydra.ClientPatience = TimeSpan.MaxValue;
        });
        FailTimes(nameof(IWorkflowStore.CommitAsync), 5, Away);

        var handle = await world.Until(client.Workflow<TimeSpan, int>("test").StartAsync(TimeSpan.Zero));

        Assert.Equal(7, await world.Until(handle.ResultAsync()));
    }

    [Fact]
    public async Task A_process_that_has_slept_past_its_lease_begins_no_body_before_a_beat_is_good()
    {
        await using var world = new World();
        var first = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        var begun = 0;
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                var one = await context.StepAsync("first", _ => first.Task);
                return one + await context.StepAsync("second", _ => Task.FromResult(Interlocked.Increment(ref begun)));
            },
            0,
            configure: hydra => Watch(hydra, world));
        await world.RestAsync();
        FailTimes(nameof(IWorkflowStore.HeartbeatAsync), int.MaxValue, Away);
        await world.PassAsync(TimeSpan.FromSeconds(20));

        first.SetResult(1);
        await world.PassAsync(TimeSpan.FromSeconds(20));

        Assert.Equal(0, Volatile.Read(ref begun));
        FailTimes(nameof(IWorkflowStore.HeartbeatAsync), 0, Away);
        Assert.Equal(2, await world.Until(handle.ResultAsync()));
    }

    [Fact]
    public async Task A_sweep_that_fails_when_a_lease_ends_is_made_again_at_once_and_not_a_poll_later()
    {
        await using var world = new World();
        var dead = await world.StartAsync<int, int>(Slow, 0);
        await world.RestAsync();
        await world.CrashAsync();
        var client = await world.OpenAsync<int, int>(Slow, configure: hydra => Watch(hydra, world), worker: PollHourly);
        await world.PassAsync(TimeSpan.FromSeconds(14));

        FailTimes(nameof(IWorkflowStore.MaintainAsync), 1, Away);
        await world.PassAsync(TimeSpan.FromSeconds(3));

        var crash = Assert.Single((await world.Now(client.Execution(dead.Id))).Crashes);
        Assert.InRange(crash.At.Time().TotalSeconds, 15, 16); // The clock moves by seconds here.
    }

    [Fact]
    public async Task Maintenance_that_goes_on_failing_is_tried_again_every_half_second()
    {
        await using var world = new World();
        await world.OpenAsync<int, int>(Slow, configure: hydra => Watch(hydra, world), worker: PollHourly);
        FailTimes(nameof(IWorkflowStore.MaintainAsync), int.MaxValue, Away);
        await PassAsync(60); // Its first failures come sooner after one another.
        var before = _stores[0].Calls(nameof(IWorkflowStore.MaintainAsync));

        await PassAsync(20);

        Assert.InRange(_stores[0].Calls(nameof(IWorkflowStore.MaintainAsync)) - before, 19, 21);

        async Task PassAsync(int halves)
        {
            for (var i = 0; i < halves; i++)
            {
                await world.PassAsync(TimeSpan.FromSeconds(0.5));
            }
        }
    }

    [Fact]
    public async Task A_process_that_comes_and_dies_between_two_polls_is_missed_when_its_lease_ends()
    {
        await using var world = new World();
        var client = await world.OpenAsync<int, int>(Slow, worker: PollHourly);
        await world.PassAsync(TimeSpan.FromSeconds(2));
        var other = await world.OpenAsync<int, int>(Slow);
        var dead = await other.Workflow<int, int>("test").StartAsync(0);
        await world.RestAsync();
        await world.CrashAsync(other);

        await world.PassAsync(TimeSpan.FromSeconds(17));

        var crash = Assert.Single((await world.Now(client.Execution(dead.Id))).Crashes);
        Assert.InRange(crash.At.Time().TotalSeconds, 17, 18);
    }

    [Fact]
    public async Task What_two_beats_in_a_row_do_not_know_is_lost_and_its_bodies_are_told()
    {
        await using var world = new World();
        var told = false;
        var handle = await world.StartAsync(
            (WorkflowContext context, int _) => context.StepAsync("slow", async token =>
            {
                token.Register(() => told = true);
                await Task.Delay(Timeout.Infinite, token);
                return 1;
            }),
            0,
            configure: hydra => Watch(hydra, world));
        await world.PassAsync(TimeSpan.FromSeconds(1));
        _stores[0].Beat = answer => answer with { Owned = [] };

        await world.PassAsync(TimeSpan.FromSeconds(3));
        var afterOne = told;
        await world.PassAsync(TimeSpan.FromSeconds(3));

        Assert.Equal((false, true), (afterOne, told));
        Assert.Contains(world.Log.Lines, line => line.Contains("taken over by another", StringComparison.Ordinal));
        _stores[0].Beat = answer => answer;
        Assert.Equal(0, (await world.Now(handle)).Row.Crashes);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(3600)]
    public async Task What_a_dead_worker_ran_is_done_three_seconds_after_its_lease_whatever_the_poll_interval(int poll)
    {
        await using var world = new World();
        var died = false;
        Func<WorkflowContext, int, Task<int>> run = (context, _) => context.StepAsync(
            "work", _ => died ? Task.FromResult(7) : new TaskCompletionSource<int>().Task);
        WorkerOptions Poll(WorkerOptions worker) => worker with { PollInterval = TimeSpan.FromSeconds(poll) };
        var survivor = await world.OpenAsync(run, worker: Poll);
        await world.PassAsync(TimeSpan.FromSeconds(10));
        var other = await world.OpenAsync(run, worker: Poll);
        var handle = await other.Workflow<int, int>("test").StartAsync(0);
        await world.PassAsync(TimeSpan.FromSeconds(4));
        died = true;
        await world.CrashAsync(other);
        var at = world.Elapsed;

        await world.Until(survivor.Execution(handle.Id).WaitAsync());

        Assert.InRange((world.Elapsed - at).TotalSeconds, 10, 18);
    }

    [Fact]
    public async Task What_another_worker_swept_and_has_no_slot_for_is_claimed_though_nobody_tells()
    {
        await using var world = new World();
        var died = false;
        Func<WorkflowContext, int, Task<int>> run = (context, number) => context.StepAsync(
            "work", _ => died && number == 7 ? Task.FromResult(7) : new TaskCompletionSource<int>().Task);
        var idle = await world.OpenAsync(run, configure: hydra => Watch(hydra, world, deaf: true), worker: PollHourly);
        var full = await world.OpenAsync(run, worker: worker => PollHourly(worker) with { Concurrency = 1 });
        await full.Workflow<int, int>("test").StartAsync(1);
        await world.PassAsync(TimeSpan.FromSeconds(10));
        var other = await world.OpenAsync(run);
        var handle = await other.Workflow<int, int>("test").StartAsync(7);
        await world.PassAsync(TimeSpan.FromSeconds(4));
        died = true;
        await world.CrashAsync(other);
        await world.PassAsync(TimeSpan.FromSeconds(10));
        _stores[0].Before = (name, _) => // Until the one without a slot has swept, at 28 seconds.
        {
            if (name == nameof(IWorkflowStore.MaintainAsync) && world.Elapsed < TimeSpan.FromSeconds(30))
            {
                Away();
            }
        };

        await world.PassAsync(TimeSpan.FromSeconds(10));
        var details = await world.Now(idle.Execution(handle.Id));

        Assert.Equal(ExecutionState.Completed, details.Row.State);
        Assert.Equal(1, details.Row.Crashes);
    }

    [Fact]
    public async Task One_suspect_follows_the_other_at_once_and_never_two_run_together()
    {
        await using var world = new World();
        var works = false;
        var (running, most) = (0, 0);
        var ends = new List<TimeSpan>();
        Func<WorkflowContext, int, Task<int>> run = async (context, number) =>
        {
            if (number < 0)
            {
                return number;
            }

            await context.StepAsync("work", async _ =>
            {
                most = works ? Math.Max(most, Interlocked.Increment(ref running)) : most;
                await (works
                    ? Task.Delay(TimeSpan.FromSeconds(1), world.Clock, CancellationToken.None)
                    : new TaskCompletionSource().Task);
                Interlocked.Decrement(ref running);
            });
            ends.Add(world.Elapsed);
            return 1;
        };
        var client = await world.OpenAsync(run, worker: PollHourly);
        var ids = new List<ExecutionId>();
        for (var i = 0; i < 4; i++)
        {
            ids.Add((await client.Workflow<int, int>("test").StartAsync(i)).Id);
        }

        for (var crashes = 1; crashes <= 2; crashes++)
        {
            await world.PassAsync(TimeSpan.FromSeconds(5));
            await world.CrashAsync();
            works = crashes == 2;
            client = await world.OpenAsync(run, worker: PollHourly);
            for (var second = 0; second < 25; second++)
            {
                await client.Workflow<int, int>("test").StartAsync(
                    -1, new() { Delay = TimeSpan.FromMilliseconds(300) }); // Has the worker claim every now and then.
                await world.PassAsync(TimeSpan.FromSeconds(0.5));
                await world.PassAsync(TimeSpan.FromSeconds(0.5));
            }
        }

        foreach (var id in ids)
        {
            Assert.Equal(ExecutionState.Completed, await world.Until(client.Execution(id).WaitAsync()));
        }

        Assert.True(ends[^1] - ends[0] < TimeSpan.FromSeconds(10), string.Join(" ", ends));
        Assert.Equal(1, most);
    }

    [Fact]
    public async Task A_database_that_does_not_answer_holds_up_a_shutdown_no_longer_than_the_grace_and_two_seconds()
    {
        await using var world = new World();
        var client = await world.OpenAsync<int, int>(
            Slow,
            configure: hydra => Watch(hydra, world),
            worker: worker => worker with { ShutdownGrace = TimeSpan.FromSeconds(5) });
        await client.Workflow<int, int>("test").StartAsync(0);
        await world.PassAsync(TimeSpan.FromSeconds(1));
        _stores[0].Held = new TaskCompletionSource().Task;
        await world.PassAsync(TimeSpan.FromSeconds(5)); // Every loop is waiting for it by now.
        var before = world.Elapsed;

        await world.CloseAsync();

        Assert.InRange((world.Elapsed - before).TotalSeconds, 0, 7.25);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_worker_that_has_closed_leaves_no_session_behind(bool opensAnother)
    {
        await using var world = new World();
        var client = await world.OpenAsync<TimeSpan, int>(Sleeper, configure: hydra => Watch(hydra, world));
        var longer = TimeSpan.FromSeconds(5); // Than from one beat to the next.
        _stores[0].Closed = () => Task.Delay(longer, world.Clock);
        if (opensAnother)
        {
            _stores[0].Beat = static answer => answer with { Lost = true };
            _stores[0].Before = (call, number) => _stores[0].Held =
                (call, number) is (nameof(IWorkflowStore.OpenSessionAsync), 2)
                    ? Task.Delay(longer, world.Clock)
                    : Task.CompletedTask;
            await world.PassAsync(TimeSpan.FromSeconds(4));
        }

        await world.CloseAsync();

        var sessions = await new InMemoryWorkflowStore(world.Database, client.Namespace).Queries
            .ListSessionsAsync(TestContext.Current.CancellationToken);
        Assert.Equal(opensAnother ? 2 : 1, _stores[0].Calls(nameof(IWorkflowStore.OpenSessionAsync)));
        Assert.Equal(opensAnother ? 1 : 0, sessions.Count); // The one that was lost ends by itself.
    }

    [Fact]
    public async Task What_runs_on_when_the_grace_ends_is_handed_back_then()
    {
        await using var world = new World();
        var client = await world.OpenAsync<int, int>(
            Slow, worker: worker => worker with { ShutdownGrace = TimeSpan.FromSeconds(5) });
        var handle = await client.Workflow<int, int>("test").StartAsync(0);
        await world.PassAsync(TimeSpan.FromSeconds(1));

        await world.CloseAsync();
        var next = await world.OpenAsync(_ => { }, worker: null);
        var row = (await world.Now(next.Execution(handle.Id))).Row;

        Assert.Equal((ExecutionState.Pending, SessionId.None), (row.State, row.Owner));
        Assert.InRange(world.Elapsed.TotalSeconds, 6, 7.25);
    }

    private static WorkerOptions PollHourly(WorkerOptions worker) =>
        worker with { PollInterval = TimeSpan.FromHours(1) };

    private static Task<int> Slow(WorkflowContext context, int number) => context.StepAsync(
        "slow", number, static (_, _) => new TaskCompletionSource<int>().Task);

    private static async Task<int> Sleeper(WorkflowContext context, TimeSpan span)
    {
        await context.SleepAsync(span);
        return 7;
    }

    private static void Away() => throw new StoreException(StoreErrorKind.NotSent, "Away.");

    private void Watch(HydraBuilder hydra, World world, bool deaf = false) => hydra.UseStore(setup =>
    {
        var store = new InMemoryWorkflowStore(world.Database, setup.Namespace);
        _stores.Add(new WatchedStore(store)
        {
            Capabilities = store.Capabilities with { NoticesChanges = !deaf },
        });
        return _stores[^1];
    });

    private void FailTimes(string call, int times, Action fail)
    {
        foreach (var store in _stores)
        {
            var left = times;
            store.Before = (name, _) =>
            {
                if (name == call && Interlocked.Decrement(ref left) >= 0)
                {
                    fail();
                }
            };
        }
    }
}
