using Hydra.Storage;
using Hydra.Tests.Support;

namespace Hydra.Tests.Replay;

/// <summary>Where workflow code runs, what else it may await, and what it is told when it strays.</summary>
public class SchedulerTests
{
    private static readonly StartOptions Once = new() { MaxAttempts = 1 };

    [Fact]
    public async Task Awaiting_something_foreign_is_recorded_and_replayed()
    {
        await using var world = new World();
        var orders = new List<string>();
        Func<WorkflowContext, int, Task<int>> run = async (context, _) =>
        {
            var one = await context.StepAsync("one", _ => Task.FromResult(1));
            await Task.Delay(TimeSpan.FromSeconds(2), world.Clock);
            var two = await context.StepAsync("two", _ => Task.FromResult(2));
            orders.Add($"{one} {two}");
            await context.SleepAsync(TimeSpan.FromMinutes(1));
            return 7;
        };
        var handle = await world.StartAsync(run, 0);
        await world.PassAsync(TimeSpan.FromSeconds(5));
        await world.CrashAsync();
        var client = await world.OpenAsync(run);

        var details = await world.EndOf(client.Execution(handle.Id));

        Assert.Equal(ExecutionState.Completed, details.Row.State);
        Assert.Equal(["1 2", "1 2"], orders);
        Assert.Equal(
            [EntryKind.Input, EntryKind.Step, EntryKind.Foreign, EntryKind.Step, EntryKind.Sleep, EntryKind.Terminal],
            details.Kinds());
    }

    [Fact]
    public async Task An_execution_that_awaits_something_foreign_keeps_its_slot()
    {
        await using var world = new World();
        var outside = new TaskCompletionSource<int>();
        var handle = await world.StartAsync(async (WorkflowContext _, int _) => await outside.Task, 0);
        await world.PassAsync(TimeSpan.FromMinutes(1));

        var waiting = await world.Now(handle);
        outside.SetResult(7);
        var ended = await world.Now(handle); // At once, not when a beat comes by.

        Assert.Equal(ExecutionState.Running, waiting.Row.State);
        Assert.Equal((ExecutionState.Completed, "7"), (ended.Row.State, ended.Journal[^1].Output.Text()));
    }

    [Fact]
    public async Task Something_foreign_beside_a_sleep_is_dropped_with_a_report_and_done_again()
    {
        await using var world = new World();
        var begun = 0;
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                await Task.WhenAll(context.SleepAsync(TimeSpan.FromMinutes(1)), ForeignAsync());
                return await context.StepAsync("after", _ => Task.FromResult(7));
            },
            0);
        await world.PassAsync(TimeSpan.FromSeconds(5));
        var beside = await world.Now(handle);
        await world.PassAsync(TimeSpan.FromSeconds(10));
        var log = world.Log.ToString();

        var result = await world.Until(handle.ResultAsync());

        Assert.Equal(ExecutionState.Sleeping, beside.Row.State);
        Assert.Contains("Something other than a durable call was awaited", log, StringComparison.Ordinal);
        Assert.Contains("Do it in a step instead", log, StringComparison.Ordinal);
        Assert.Equal((7, 2), (result, begun));
        Assert.InRange((await world.EndOf(handle)).Row.FinishedAt!.Value.Time().TotalSeconds, 70, 72);

        async Task ForeignAsync()
        {
            begun++;
            await Task.Delay(TimeSpan.FromSeconds(10), world.Clock);
        }
    }

    [Fact]
    public async Task Yielding_is_no_outcome()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                await Task.Yield();
                await Task.CompletedTask;
                await context.StepAsync("one", _ => Task.CompletedTask);
                await Task.Yield();
                return 7;
            },
            0);

        var details = await world.EndOf(handle);

        Assert.Equal([EntryKind.Input, EntryKind.Step, EntryKind.Terminal], details.Kinds());
    }

    [Fact]
    public async Task A_lock_between_branches_of_a_workflow_works_and_replays()
    {
        await using var world = new World();
        var orders = new List<string>();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                using var gate = new SemaphoreSlim(1);
                var order = new List<int>();
                await Task.WhenAll(Enumerable.Range(1, 3).Select(Branch).ToList());
                orders.Add(string.Join(' ', order));
                await context.SleepAsync(TimeSpan.FromMinutes(1));
                return 0;

                async Task Branch(int number)
                {
                    await gate.WaitAsync();
                    order.Add(await context.StepAsync("work", number, (input, _) => Task.FromResult(input)));
                    gate.Release();
                }
            },
            0);

        var details = await world.EndOf(handle);

        Assert.Equal(ExecutionState.Completed, details.Row.State);
        Assert.Equal(["1 2 3", "1 2 3"], orders);
    }

    [Fact]
    public async Task A_durable_call_from_a_step_s_body_is_refused_with_the_reason()
    {
        await using var world = new World();

        var message = await world.RunAsync(context => context.StepAsync("outer", async _ =>
        {
            await Task.Yield();
            return Thrown.AtOnce<InvalidOperationException>(
                () => context.StepAsync("inner", _ => Task.FromResult(1))).Message;
        }));

        Assert.Contains("outside the workflow's own code: from a step body", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_durable_call_from_the_pool_is_refused_with_the_reason()
    {
        await using var world = new World();

        var messages = await world.RunAsync(async context => await Task.Run(() => new[]
        {
            Thrown.AtOnce<InvalidOperationException>(() => context.StepAsync("x", _ => Task.CompletedTask)).Message,
            Thrown.AtOnce<InvalidOperationException>(() => context.SleepAsync(TimeSpan.Zero)).Message,
            Thrown.AtOnce<InvalidOperationException>(() => context.SleepUntilAsync(World.Start)).Message,
        }));

        Assert.Equal(3, messages.Length);
        Assert.All(messages, message => Assert.Contains("Task.Run", message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Numbers_are_drawn_by_the_workflow_s_own_code_only()
    {
        await using var world = new World();
        var drawn = new List<Guid>();
        var messages = new List<string>();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                var kept = context.Random;
                messages = await context.StepAsync("charge", _ => Task.FromResult(new List<string>
                {
                    Assert.Throws<InvalidOperationException>(() => context.NewGuid()).Message,
                    Assert.Throws<InvalidOperationException>(() => context.Random.Next()).Message,
                    Assert.Throws<InvalidOperationException>(() => kept.NextDouble()).Message,
                    Assert.Throws<InvalidOperationException>(() => kept.Shuffle(new int[9])).Message,
                }));
                messages.AddRange(await Task.Run(() => new[]
                {
                    Assert.Throws<InvalidOperationException>(() => context.NewGuid()).Message,
                }));
                drawn.Add(context.NewGuid());
                await context.SleepAsync(TimeSpan.FromMinutes(1));
                return 1;
            },
            0,
            Once);

        var details = await world.EndOf(handle);

        Assert.Equal(ExecutionState.Completed, details.Row.State);
        Assert.Equal(5, messages.Count);
        Assert.All(messages, message => Assert.Contains("draw numbers", message, StringComparison.Ordinal));
        Assert.Equal(2, drawn.Count);
        Assert.Single(drawn.Distinct());
    }

    [Fact]
    public async Task A_durable_call_behind_a_foreign_await_that_left_the_scheduler_fails_the_attempt()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                await Task.Delay(TimeSpan.FromSeconds(1), world.Clock).ConfigureAwait(false);
                return await context.StepAsync("lost", _ => Task.FromResult(1));
            },
            0,
            Once);

        var details = await world.EndOf(handle);

        Assert.Equal(ExecutionState.Failed, details.Row.State);
        Assert.Contains("ConfigureAwait(false)", details.End().Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Code_that_throws_its_context_away_and_ends_elsewhere_is_reported()
    {
        await using var world = new World();
        var end = new TaskCompletionSource<int>();
        var handle = await world.StartAsync(
            (WorkflowContext _, int _) =>
            {
                SynchronizationContext.SetSynchronizationContext(null);
                return EndElsewhereAsync();
            },
            0,
            Once);
        await world.AdvanceAsync(TimeSpan.FromSeconds(1.1));

        await Task.Run(() => end.SetResult(7), TestContext.Current.CancellationToken); // The code ends within.

        Assert.Equal(7, await world.Until(handle.ResultAsync()));
        Assert.Contains("ended off its scheduler", world.Log.ToString(), StringComparison.Ordinal);
        Assert.InRange(world.Elapsed.TotalSeconds, 1.1, 1.6); // It was woken, and not only by the next beat.

        async Task<int> EndElsewhereAsync() => await end.Task;
    }

    [Fact]
    public async Task Nobody_can_call_the_code_synchronously_from_outside()
    {
        await using var world = new World();

        var message = await world.RunAsync(async _ =>
        {
            var scheduler = SynchronizationContext.Current!;
            return await Task.Run(() => Assert.Throws<NotSupportedException>(
                () => scheduler.Send(static _ => { }, null)).Message);
        });

        Assert.Contains("cannot be called synchronously", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Leaving_the_context_at_a_durable_call_does_no_harm()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                var one = await context.StepAsync("one", _ => Task.FromResult(1)).ConfigureAwait(false);
                await context.SleepAsync(TimeSpan.FromMinutes(1)).ConfigureAwait(false);
                return one + await context.StepAsync("two", _ => Task.FromResult(2)).ConfigureAwait(false);
            },
            0,
            Once);

        Assert.Equal(3, await world.Until(handle.ResultAsync()));
        Assert.DoesNotContain("Error", world.Log.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_context_is_of_no_use_after_its_workflow_has_ended()
    {
        await using var world = new World();
        WorkflowContext? leaked = null;
        await world.RunAsync(context =>
        {
            leaked = context;
            return Task.FromResult(1);
        });

        Assert.Throws<InvalidOperationException>(() => { _ = leaked!.SleepAsync(TimeSpan.Zero); });
    }

    [Fact]
    public async Task Bodies_run_outside_the_workflow_s_scheduler_and_beside_each_other()
    {
        await using var world = new World();
        using var both = new Barrier(2);

        var context = await world.RunAsync(async context =>
        {
            var meet = (int _, CancellationToken token) => Task.FromResult(both.SignalAndWait(20_000, token)
                ? SynchronizationContext.Current?.GetType().Name
                : "alone");
            var seen = await Task.WhenAll(context.StepAsync("a", 1, meet), context.StepAsync("b", 2, meet));
            return seen[0] ?? seen[1];
        });

        Assert.Null(context);
    }

    [Fact]
    public async Task Ambient_values_of_the_starter_do_not_reach_the_workflow()
    {
        await using var world = new World();
        var ambient = new AsyncLocal<string?>();
        var client = await world.OpenAsync((WorkflowContext context, int _) =>
            context.StepAsync("look", (_) => Task.FromResult(ambient.Value ?? "nothing")));
        ambient.Value = "the starter's";

        var handle = await client.Workflow<int, string>("test").StartAsync(0);

        Assert.Equal("nothing", await world.Until(handle.ResultAsync()));
    }
}
