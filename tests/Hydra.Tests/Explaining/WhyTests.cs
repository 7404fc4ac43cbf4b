using Hydra.Engine.Explaining;
using Hydra.Tests.Support;

namespace Hydra.Tests.Explaining;

/// <summary>Why an execution is not running, asked of engines and stores that really are in that state.</summary>
public class WhyTests
{
    private static readonly RetryPolicy Patient = new()
    {
        Backoff = TimeSpan.FromHours(1),
        MaxBackoff = TimeSpan.FromHours(1),
    };

    [Fact]
    public async Task It_sleeps_until_a_time_under_a_key()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                await context.SleepAsync(TimeSpan.FromSeconds(1));
                await context.SleepAsync(TimeSpan.FromHours(2));
                return 1;
            },
            0);
        await world.PassAsync(TimeSpan.FromSeconds(2));

        var why = await WhyAsync(world, handle);

        Assert.Equal((WhyReason.Sleeping, "sleep#2"), (why.Reason, why.WaitsFor));
        Assert.Equal(why.Row.DueAt, why.Until);
        Assert.Equal([$"It is sleeping ('sleep#2') until {Spans.Say(why.Row.DueAt, why.Now)}."], why.Text);
    }

    [Fact]
    public async Task A_step_waits_for_its_next_try_after_an_error()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            (WorkflowContext context, int number) => context.StepAsync(
                "charge", number, (_, _) => Fail("the gateway is down"), new() { Retry = Patient }),
            7);

        var why = await WhyAsync(world, handle);

        Assert.Equal((WhyReason.StepRetry, "charge"), (why.Reason, why.WaitsFor));
        Assert.Equal("the gateway is down", why.Failure!.Message);
        Assert.InRange(why.Until!.Value.Time(), TimeSpan.FromMinutes(30), TimeSpan.FromHours(1));
        Assert.Equal(
            "Step 'charge' failed: System.InvalidOperationException: the gateway is down", why.Text[0]);
    }

    [Fact]
    public async Task It_waits_for_its_next_attempt_after_an_error()
    {
        await using var world = new World();
        var handle = await world.StartAsync<int, int>(
            (_, _) => throw new InvalidOperationException("no"), 0, new() { RetryBackoff = TimeSpan.FromHours(1) });

        var why = await WhyAsync(world, handle);

        Assert.Equal((WhyReason.BetweenAttempts, "no"), (why.Reason, why.Failure!.Message));
        Assert.Equal("Attempt 1 of 3 failed: System.InvalidOperationException: no", why.Text[0]);
    }

    [Fact]
    public async Task It_is_to_begin_later()
    {
        await using var world = new World();
        var client = await world.OpenAsync(_ => { }, worker: null);
        var handle = await client.Workflow<int, int>("test").StartAsync(
            0, new() { Delay = TimeSpan.FromMinutes(90), Timeout = TimeSpan.FromHours(1) });

        var why = await WhyAsync(world, handle);

        Assert.Equal(WhyReason.StartsLater, why.Reason);
        Assert.Equal(
            [
                "It is to begin 2026-01-01 01:30:00Z (in 1 h 30 min), as it was started.",
                "Its timeout passes 2026-01-01 02:30:00Z (in 2 h 30 min).",
            ],
            why.Text);
    }

    [Fact]
    public async Task No_worker_is_live_or_none_knows_the_workflow()
    {
        await using var world = new World();
        var client = await world.OpenAsync(_ => { }, worker: null);
        var handle = await client.Workflow<int, int>("shipping").StartAsync(0);
        await world.PassAsync(TimeSpan.FromSeconds(3));
        var nobody = await WhyAsync(world, handle);

        await world.OpenAsync(
            hydra => hydra.AddWorkflow("billing", (WorkflowContext _, int number) => Task.FromResult(number)),
            worker => worker with { WorkerId = "w1" });
        var unknown = await WhyAsync(world, handle);

        Assert.Equal(WhyReason.NoWorker, nobody.Reason);
        Assert.Equal(
            ["It has been due for 3 s, and no worker is live.", "Start a worker that knows 'shipping'."], nobody.Text);
        Assert.Equal(WhyReason.UnknownWorkflow, unknown.Reason);
        Assert.Equal("w1", Assert.Single(unknown.LiveWorkers).Worker);
        Assert.Equal(
            [
                "It has been due for 3 s, and no live worker knows 'shipping'.",
                "Worker 'w1' knows billing.",
            ],
            unknown.Text);
    }

    [Fact]
    public async Task All_slots_are_taken_and_the_one_that_has_it_says_what_it_does()
    {
        await using var world = new World();
        var gate = new TaskCompletionSource<int>();
        var client = await world.OpenAsync(
            (WorkflowContext context, int number) => context.StepAsync(
                "slow", number, (_, token) => gate.Task.WaitAsync(token)),
            worker: worker => worker with { Concurrency = 1, WorkerId = "w1" });
        var first = await client.Workflow<int, int>("test").StartAsync(41);
        await world.RestAsync();
        var second = await client.Workflow<int, int>("test").StartAsync(42);
        await world.PassAsync(TimeSpan.FromSeconds(5));

        var running = await WhyAsync(world, first);
        var waiting = await WhyAsync(world, second);
        gate.SetResult(1);
        await world.Until(second.ResultAsync());

        Assert.Equal((WhyReason.NoFreeSlot, 1, 1), (waiting.Reason, waiting.Slots, waiting.SlotsInUse));
        Assert.Equal(
            "It has been due for 5 s, and the workers that know 'test' have no free slot: 1 of 1 are taken.",
            waiting.Text[0]);
        Assert.Equal((WhyReason.Running, "w1"), (running.Reason, running.Owner!.Worker));
        var step = Assert.Single(running.RunningSteps);
        Assert.Equal(("slow", 1), (step.Key, step.Attempt));
        Assert.Equal(
            "Step 'slow', try 1, has been running since 2026-01-01 00:00:00Z (5 s ago), with input 41.",
            running.Text[^1]);
    }

    [Fact]
    public async Task A_step_that_has_ended_is_not_said_to_run()
    {
        await using var world = new World();
        var (first, second) = (new TaskCompletionSource<int>(), new TaskCompletionSource<int>());
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                await context.StepAsync("first", token => first.Task.WaitAsync(token));
                return await context.StepAsync("second", token => second.Task.WaitAsync(token));
            },
            0);
        await world.PassAsync(TimeSpan.FromSeconds(3));
        first.SetResult(1);
        await world.RestAsync();

        var between = await WhyAsync(world, handle);
        await world.PassAsync(TimeSpan.FromSeconds(3));
        var later = await WhyAsync(world, handle);
        second.SetResult(1);

        Assert.Empty(between.RunningSteps);
        Assert.Equal("No step of it has been running for a second or more.", between.Text[^1]);
        Assert.Equal("second", Assert.Single(later.RunningSteps).Key);
    }

    [Fact]
    public async Task Its_worker_is_gone()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            (WorkflowContext context, int _) => context.StepAsync<int>("slow", async token =>
            {
                await Task.Delay(Timeout.Infinite, token);
                return 1;
            }),
            0);
        await world.PassAsync(TimeSpan.FromSeconds(2));
        await world.CrashAsync();
        var outside = await world.OpenAsync(_ => { }, worker: null);
        await world.AdvanceAsync(TimeSpan.FromSeconds(60));

        var why = await outside.Execution(handle.Id).WhyAsync();

        Assert.Equal(WhyReason.OwnerLost, why.Reason);
        Assert.StartsWith("Its worker is gone: ", why.Text[0], StringComparison.Ordinal);
        Assert.Equal("No worker is live to take it back: start one.", why.Text[1]);
        Assert.Equal("slow", Assert.Single(why.RunningSteps).Key);
        Assert.StartsWith(
            "Step 'slow', try 1, was running when its worker was last heard of, or had just ended: begun ",
            why.Text[2],
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_is_quarantined_and_the_step_that_was_running_at_its_crashes_is_told()
    {
        await using var world = new World();
        ExecutionHandle? handle = null;
        for (var crash = 1; crash <= 3; crash++)
        {
            var client = await OpenAsync();
            handle ??= await client.Workflow<int, int>("test").StartAsync(41);
            await world.PassAsync(TimeSpan.FromSeconds(60));
            await world.CrashAsync();
        }

        await OpenAsync();
        await world.PassAsync(TimeSpan.FromSeconds(60));
        var outside = await world.OpenAsync(_ => { }, worker: null);

        var why = await outside.Execution(handle!.Id).WhyAsync();

        Assert.Equal(WhyReason.Quarantined, why.Reason);
        var step = Assert.Single(why.RunningSteps);
        Assert.Equal(("poison", 1), (step.Key, step.Attempt));
        Assert.Matches(
            "^Step 'poison', try 1, was running when it crashed, or had just ended: begun .+, with input 41.$",
            why.Text[2]);

        Task<IHydraClient> OpenAsync() => world.OpenAsync(
            async (WorkflowContext context, int number) =>
            {
                await context.StepAsync("fine", async token =>
                {
                    await Task.Delay(TimeSpan.FromSeconds(2), world.Clock, token);
                    return 1;
                });
                return await context.StepAsync("poison", number, async (_, token) =>
                {
                    await Task.Delay(Timeout.Infinite, token);
                    return 1;
                });
            },
            worker: worker => worker with { QuarantineAfter = 1 });
    }

    [Fact]
    public async Task It_is_quarantined_and_the_step_is_told_that_has_ended_its_process_at_once()
    {
        await using var world = new World();
        ExecutionHandle? handle = null;
        var begun = 0;
        for (var crash = 1; crash <= 3; crash++)
        {
            var client = await OpenAsync();
            handle ??= await client.Workflow<int, int>("test").StartAsync(41);
            while (begun < crash)
            {
                await world.AdvanceAsync(TimeSpan.FromMilliseconds(250));
            }

            await world.CrashAsync();
        }

        await OpenAsync();
        await world.PassAsync(TimeSpan.FromSeconds(60));
        var outside = await world.OpenAsync(_ => { }, worker: null);

        var why = await outside.Execution(handle!.Id).WhyAsync();

        Assert.Equal((WhyReason.Quarantined, 3), (why.Reason, begun));
        var step = Assert.Single(why.RunningSteps);
        Assert.Equal(("poison", 1), (step.Key, step.Attempt));
        Assert.Matches(
            "^Step 'poison', try 1, was running when it crashed, or had just ended: begun .+, with input 41.$",
            why.Text[2]);

        Task<IHydraClient> OpenAsync() => world.OpenAsync(
            async (WorkflowContext context, int number) => await context.StepAsync("poison", number, async (_, token) =>
            {
                begun++;
                await Task.Delay(Timeout.Infinite, token);
                return 1;
            }),
            worker: worker => worker with { QuarantineAfter = 1 });
    }

    [Fact]
    public async Task It_is_delayed_because_it_has_crashed_its_worker_again()
    {
        await using var world = new World();
        var ids = await CrashTwiceAsync(world, count: 1);
        var client = await OpenHangingAsync(world);

        var why = await UntilAsync(world, client.Execution(ids[0]), WhyReason.AfterCrash);

        Assert.Equal(why.Row.DueAt, why.Until);
        Assert.InRange(why.Until!.Value.Since(why.Now), TimeSpan.FromTicks(1), TimeSpan.FromSeconds(1));
        Assert.Equal(2, why.Crashes.Count);
        Assert.Equal(
            [
                "It has crashed its worker 2 times without getting further, and is delayed for that until "
                    + $"{Spans.Say(why.Row.DueAt, why.Now)}; retrying ends the delay.",
                "It has lost its worker 2 times, last worker 'w1', noticed "
                    + $"{Spans.Say(why.Crashes[^1].At, why.Now)}.",
            ],
            why.Text);
    }

    [Fact]
    public async Task It_waits_for_its_turn_since_its_worker_already_runs_another_that_crashes_workers()
    {
        await using var world = new World();
        var ids = await CrashTwiceAsync(world, count: 2);
        var client = await OpenHangingAsync(world);
        await world.PassAsync(TimeSpan.FromSeconds(60));

        var whys = new List<Explanation>();
        foreach (var id in ids)
        {
            whys.Add(await WhyAsync(world, client.Execution(id)));
        }

        Assert.Single(whys, why => why.Reason == WhyReason.Running);
        var waits = Assert.Single(whys, why => why.Reason == WhyReason.SuspectTurn);
        Assert.Equal((1, 20), (waits.SlotsInUse, waits.Slots));
        Assert.Equal(
            $"It has been due for {Spans.Say(waits.Now.Since(waits.Row.DueAt))}. It has crashed its workers 2 times "
                + "without getting further, and every worker already runs one such suspect; they take one at a time.",
            waits.Text[0]);
    }

    [Fact]
    public async Task It_is_due_and_a_worker_that_has_not_looked_yet_has_slots_for_it()
    {
        await using var world = new World();
        await world.OpenAsync(
            (WorkflowContext _, int number) => Task.FromResult(number),
            configure: hydra => hydra.UseStore(setup =>
            {
                var store = new InMemoryWorkflowStore(world.Database, setup.Namespace);
                return new WatchedStore(store) { Capabilities = store.Capabilities with { NoticesChanges = false } };
            }),
            worker: worker => worker with { Concurrency = 3, PollInterval = TimeSpan.FromHours(1) });
        var outside = await world.OpenAsync(_ => { }, worker: null);
        await world.PassAsync(TimeSpan.FromSeconds(1));
        var handle = await outside.Workflow<int, int>("test").StartAsync(7);
        await world.PassAsync(TimeSpan.FromSeconds(3));

        var why = await WhyAsync(world, handle);
        await world.Until(handle.WaitAsync());

        Assert.Equal((WhyReason.Due, 3, 0), (why.Reason, why.Slots, why.SlotsInUse));
        Assert.Equal(
            [
                "It has been due for 3 s; 3 of 3 slots of the workers that know 'test' are free, and one of them "
                    + "takes it within its poll interval.",
            ],
            why.Text);
    }

    [Fact]
    public async Task It_is_due_for_another_build_and_the_only_one_that_is_left_has_refused_it()
    {
        await using var world = new World();
        var name = "charge";
        Func<WorkflowContext, int, Task<int>> run = async (context, number) =>
        {
            await context.StepAsync(name, _ => Task.CompletedTask);
            await context.SleepAsync(TimeSpan.FromMinutes(5));
            return number;
        };
        var old = await world.OpenAsync(run, worker: worker => worker with { Build = "old" });
        var handle = await old.Workflow<int, int>("test").StartAsync(7);
        var full = await world.OpenAsync(
            run,
            configure: hydra => hydra.AddWorkflow(
                "busy", (WorkflowContext context, int _) => context.StepAsync("hang", HangAsync)),
            worker: worker => worker with { Build = "new", Concurrency = 1 });
        await full.Workflow<int, int>("busy").StartAsync(0);
        await world.RestAsync();
        name = "debit";
        await world.PassAsync(TimeSpan.FromMinutes(6)); // The old build refuses it, the new one has no slot.
        var freed = await WhyAsync(world, handle);
        await world.CrashAsync(full);
        await world.PassAsync(TimeSpan.FromSeconds(30));

        var why = await WhyAsync(world, handle);

        Assert.Equal((WhyReason.NoFreeSlot, WhyReason.Refused), (freed.Reason, why.Reason));
        Assert.Equal(
            $"It has been due for {Spans.Say(why.Now.Since(why.Row.DueAt))}, and every live worker that knows 'test' "
                + "is of a build that has refused it. Start one of a build that matches, or retry it when the cause "
                + "was something else.",
            why.Text[0]);
        Assert.StartsWith("Build old refused it ", why.Text[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_code_does_not_match_what_is_recorded()
    {
        await using var world = new World();
        var name = "charge";
        var handle = await world.StartAsync(
            async (WorkflowContext context, int number) =>
            {
                await context.StepAsync(name, _ => Task.CompletedTask);
                await context.SleepAsync(TimeSpan.FromMinutes(5));
                return number;
            },
            7);
        await world.RestAsync();
        name = "debit";
        await world.PassAsync(TimeSpan.FromMinutes(6));
        await handle.CancelAsync();

        var why = await WhyAsync(world, handle);

        Assert.Equal(WhyReason.Mismatch, why.Reason);
        Assert.Contains("step 'charge' at seq 1", why.Failure!.Message, StringComparison.Ordinal);
        Assert.Contains("step 'debit'", string.Join('\n', why.Text), StringComparison.Ordinal);
        Assert.Contains("terminating ends it", why.Text[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_has_ended()
    {
        await using var world = new World();
        var handle = await world.StartAsync((WorkflowContext _, int number) => Task.FromResult(number), 7);
        await world.EndOf(handle);
        await world.PassAsync(TimeSpan.FromSeconds(2));

        var why = await WhyAsync(world, handle);

        Assert.Equal((WhyReason.Ended, null), (why.Reason, why.Failure));
        Assert.Equal(["It has completed: 2026-01-01 00:00:00Z (2 s ago), 0 ms after it began."], why.Text);
    }

    [Fact]
    public async Task Nobody_knows_why_of_what_is_not_there()
    {
        await using var world = new World();
        var client = await world.OpenAsync(_ => { }, worker: null);

        await Assert.ThrowsAsync<ExecutionNotFoundException>(
            () => client.Execution(ExecutionId.Create(0, 1, 2)).WhyAsync());
    }

    /// <summary>Starts some executions whose bodies never end, and ends their process twice.</summary>
    private static async Task<IReadOnlyList<ExecutionId>> CrashTwiceAsync(World world, int count)
    {
        var ids = new List<ExecutionId>();
        var client = await OpenHangingAsync(world);
        for (var number = 0; number < count; number++)
        {
            ids.Add((await client.Workflow<int, int>("test").StartAsync(number)).Id);
        }

        await world.PassAsync(TimeSpan.FromSeconds(5));
        await world.CrashAsync();
        await OpenHangingAsync(world);
        await world.PassAsync(TimeSpan.FromSeconds(60)); // The lease is over, and they run again.
        await world.CrashAsync();
        return ids;
    }

    private static Task<IHydraClient> OpenHangingAsync(World world) => world.OpenAsync(
        (WorkflowContext context, int _) => context.StepAsync("hang", HangAsync),
        worker: worker => worker with { WorkerId = "w1" });

    private static async Task<int> HangAsync(CancellationToken token)
    {
        await Task.Delay(Timeout.Infinite, token);
        return 1;
    }

    private static async Task<Explanation> UntilAsync(World world, ExecutionHandle handle, WhyReason reason)
    {
        while (true)
        {
            var why = await WhyAsync(world, handle);
            if (why.Reason == reason)
            {
                return why;
            }

            Assert.True(world.Elapsed < TimeSpan.FromMinutes(5), $"It was {why.Reason} all the time.");
            await world.AdvanceAsync(TimeSpan.FromMilliseconds(250));
        }
    }

    private static Task<int> Fail(string message) => throw new InvalidOperationException(message);

    private static async Task<Explanation> WhyAsync(World world, ExecutionHandle handle)
    {
        await world.RestAsync();
        return await handle.WhyAsync();
    }
}
