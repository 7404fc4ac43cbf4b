using Hydra.Storage;
using Hydra.Tests.Support;

namespace Hydra.Tests.Replay;

/// <summary>Code that no longer fits what is recorded blocks an execution for its build, and for no other.</summary>
public class MismatchTests
{
    public sealed record Charge(string Card, int Amount);

    public sealed record ChargeWithNote(string Card, int Amount, string? Note = null, int Retries = 0);

    [Fact]
    public async Task A_renamed_step_blocks_and_both_names_are_told()
    {
        var (details, _) = await BlockAsync(Steps("charge", "ship"), Steps("debit", "ship"));

        Assert.Contains("step 'charge' at seq 1", Difference(details), StringComparison.Ordinal);
        Assert.Contains("awaits step 'debit'", Difference(details), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_removed_step_blocks()
    {
        var (details, _) = await BlockAsync(Steps("charge", "ship"), Steps("ship"));

        Assert.Contains("step 'charge' at seq 1", Difference(details), StringComparison.Ordinal);
        Assert.Contains("awaits step 'ship'", Difference(details), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Steps_that_follow_each_other_differently_block()
    {
        var (details, _) = await BlockAsync(Steps("charge", "ship"), Steps("ship", "charge"));

        Assert.Contains("step 'charge' at seq 1", Difference(details), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Parallel_steps_that_are_called_in_another_order_block()
    {
        var (details, _) = await BlockAsync(Parallel("charge", "ship"), Parallel("ship", "charge"));

        Assert.Contains("at seq 1, issued at 0.", Difference(details), StringComparison.Ordinal);
        Assert.Contains("but the code issued step", Difference(details), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_input_blocks_and_both_inputs_are_told()
    {
        var (details, _) = await BlockAsync(
            WithInput(new Charge("4711", 5)), WithInput(new Charge("4711", 6)));

        Assert.Contains("""{"card":"4711","amount":5}""", Difference(details), StringComparison.Ordinal);
        Assert.Contains("""{"card":"4711","amount":6}""", Difference(details), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_sleep_blocks()
    {
        var (details, _) = await BlockAsync(Sleep(TimeSpan.FromSeconds(1)), Sleep(TimeSpan.FromSeconds(2)));

        Assert.Contains("1000000", Difference(details), StringComparison.Ordinal);
        Assert.Contains("2000000", Difference(details), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_earlier_end_blocks_and_what_is_left_is_told()
    {
        var (details, _) = await BlockAsync(Steps("charge", "ship"), (_, _) => Task.FromResult(1));

        Assert.Contains(
            "ended, but its journal goes on with step 'charge'", Difference(details), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_output_that_today_s_type_cannot_read_blocks()
    {
        var (details, _) = await BlockAsync(
            ThenWait(context => context.StepAsync("load", _ => Task.FromResult("text"))),
            ThenWait(context => context.StepAsync("load", _ => Task.FromResult(5))));

        Assert.Contains("output of step 'load' at seq 1 cannot be read", Difference(details), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_is_delivered_behind_an_output_that_cannot_be_read()
    {
        var delivered = new List<string>();
        var (details, _) = await BlockAsync(Both("text"), Both(5));

        Assert.Contains("output of step 'load' at seq 1 cannot be read", Difference(details), StringComparison.Ordinal);
        Assert.Equal(["load", "ship"], delivered); // Where it was recorded.

        Func<WorkflowContext, int, Task<int>> Both<T>(T value) => ThenWait(async context =>
        {
            var loaded = new TaskCompletionSource();
            var load = context.StepAsync("load", _ => Task.FromResult(value));
            var ship = ShipAsync(context, loaded.Task);
            await load;
            delivered.Add("load");
            loaded.SetResult();
            await ship;
        });

        async Task ShipAsync(WorkflowContext context, Task loaded)
        {
            await context.StepAsync("ship", _ => loaded);
            delivered.Add("ship");
        }
    }

    [Fact]
    public async Task A_blocked_execution_has_lost_nothing_and_goes_on_under_another_build()
    {
        await using var world = new World();
        var before = await BlockAsync(world, Steps("charge", "ship"), Steps("debit", "ship"));

        var client = await world.OpenAsync(Steps("charge", "ship"), worker: Build("fixed"));
        var after = await world.EndOf(client.Execution(before.Row.Id));

        Assert.Equal((ExecutionState.Completed, 0, 1), (after.Row.State, after.Row.Crashes, after.Row.Attempt));
        Assert.Equal(["charge", "ship"], after.Steps().Select(entry => entry.Key));
        Assert.Equal("new", Assert.Single(after.Refusals).Build);
    }

    [Fact]
    public async Task The_build_that_refused_is_not_tried_again()
    {
        await using var world = new World();
        var before = await BlockAsync(world, Steps("charge", "ship"), Steps("debit", "ship"));

        await world.CloseAsync();
        var client = await world.OpenAsync(Steps("debit", "ship"), worker: Build("new"));
        await world.PassAsync(TimeSpan.FromMinutes(1));
        var after = await client.Execution(before.Row.Id).DescribeAsync();

        Assert.Equal((ExecutionState.Blocked, before.Row.Epoch), (after.Row.State, after.Row.Epoch));
    }

    [Fact]
    public async Task The_same_code_under_the_same_build_finds_no_difference()
    {
        await using var world = new World();
        var handle = await world.StartAsync(Steps("charge", "ship"), 0);
        await world.CrashAsync();

        var client = await world.OpenAsync(Steps("charge", "ship"));

        Assert.Equal(2, await world.Until(client.Execution<int>(handle.Id).ResultAsync()));
    }

    [Fact]
    public async Task New_optional_properties_of_an_input_block_nobody()
    {
        await using var world = new World();
        var runs = 0;
        var handle = await world.StartAsync(WithInput(new Charge("4711", 5)), 0);
        await world.RestAsync();
        await world.CloseAsync();

        var client = await world.OpenAsync(
            ThenWait(context => context.StepAsync("charge", new ChargeWithNote("4711", 5), (_, _) =>
            {
                runs++;
                return Task.FromResult(1);
            })),
            worker: Build("new"));
        var details = await world.EndOf(client.Execution(handle.Id));

        Assert.Equal((ExecutionState.Completed, 0), (details.Row.State, runs));
    }

    [Fact]
    public async Task A_new_property_that_has_a_value_blocks()
    {
        var (details, _) = await BlockAsync(
            WithInput(new Charge("4711", 5)),
            ThenWait(context => context.StepAsync(
                "charge", new ChargeWithNote("4711", 5, "express"), (_, _) => Task.FromResult(1))));

        Assert.Contains("express", Difference(details), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_is_logged_with_execution_and_build()
    {
        var (details, log) = await BlockAsync(Steps("charge", "ship"), Steps("debit", "ship"));

        Assert.Contains($"{details.Row.Id} of test does not match build new", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_blocked_cannot_be_cancelled_yet()
    {
        await using var world = new World();
        var blocked = await BlockAsync(world, Steps("charge", "ship"), Steps("debit", "ship"));
        var client = await world.OpenAsync(Steps("debit", "ship"), worker: Build("new"));

        var outcome = await client.Execution(blocked.Row.Id).CancelAsync();
        await world.CloseAsync();
        client = await world.OpenAsync(Steps("charge", "ship"), worker: Build("fixed"));
        var details = await world.EndOf(client.Execution(blocked.Row.Id));

        Assert.Equal(CancelOutcome.Blocked, outcome);
        Assert.Equal(ExecutionState.Cancelled, details.Row.State);
    }

    [Fact]
    public async Task A_worker_that_does_not_know_the_workflow_frees_nothing_that_another_build_refused()
    {
        await using var world = new World();
        var blocked = await BlockAsync(world, Steps("old"), Steps("new"));
        await world.OpenAsync(
            hydra => hydra.AddWorkflow("other", (WorkflowContext _, int _) => Task.FromResult(1)), Build("third"));
        await world.PassAsync(TimeSpan.FromMinutes(5));

        var details = await world.Now(world.Clients[0].Execution(blocked.Row.Id));

        Assert.Equal((ExecutionState.Blocked, blocked.Row.Epoch), (details.Row.State, details.Row.Epoch));
    }

    [Fact]
    public async Task What_a_build_has_refused_goes_straight_to_one_that_can_run_it_though_that_is_busy()
    {
        await using var world = new World();
        var (refused, free) = (0, false);
        var found = Steps("new");
        var handle = await world.StartAsync(Steps("old"), 0);
        await world.PassAsync(TimeSpan.FromSeconds(5));
        await world.CloseAsync();
        var capable = await world.OpenAsync(
            hydra =>
            {
                hydra.AddWorkflow("test", Steps("old"));
                hydra.AddWorkflow("busy", async (WorkflowContext context, int _) =>
                {
                    while (!free)
                    {
                        await context.StepAsync("work", _ => Task.Delay(
                            TimeSpan.FromSeconds(4), world.Clock, CancellationToken.None));
                    }
                });
            },
            worker => worker with { Build = "capable", Concurrency = 1 });
        await capable.Workflow<int, Nothing>("busy").StartAsync(0);
        await world.OpenAsync(
            (WorkflowContext context, int input) =>
            {
                refused++;
                return found(context, input);
            },
            worker: Build("new"));
        await world.PassAsync(TimeSpan.FromMinutes(5));

        var waiting = await world.Now(capable.Execution(handle.Id));
        var why = await capable.Execution(handle.Id).WhyAsync(TestContext.Current.CancellationToken);
        free = true;
        var state = await world.Until(capable.Execution(handle.Id).WaitAsync());

        Assert.Equal(ExecutionState.Pending, waiting.Row.State);
        Assert.Equal("new", Assert.Single(waiting.Refusals).Build);
        Assert.Equal((WhyReason.NoFreeSlot, 1, 1), (why.Reason, why.Slots, why.SlotsInUse));
        Assert.Equal((ExecutionState.Completed, 1), (state, refused));
    }

    [Fact]
    public async Task What_only_the_build_that_has_refused_it_is_left_for_says_so_and_is_retried_there()
    {
        await using var world = new World();
        var handle = await world.StartAsync(Steps("old"), 0);
        await world.PassAsync(TimeSpan.FromSeconds(5));
        await world.CloseAsync();
        await world.OpenAsync(Steps("new"), worker: Build("new"));
        await world.PassAsync(TimeSpan.FromMinutes(2));
        await world.CloseAsync();
        await world.OpenAsync(Steps("old", "more"), worker: Build("capable")); // It goes on to another sleep.
        await world.PassAsync(TimeSpan.FromSeconds(30));
        await world.CloseAsync();

        var client = await world.OpenAsync(Steps("new"), worker: Build("new"));
        await world.PassAsync(TimeSpan.FromMinutes(5));
        var token = TestContext.Current.CancellationToken;
        var why = await client.Execution(handle.Id).WhyAsync(token);
        var outcome = await client.Execution(handle.Id).RetryAsync(token);
        await world.PassAsync(TimeSpan.FromSeconds(5));
        var tried = await world.Now(client.Execution(handle.Id));

        Assert.Equal((ExecutionState.Sleeping, WhyReason.Refused), (why.Row.State, why.Reason));
        Assert.Contains("has refused it", why.Text[0], StringComparison.Ordinal);
        Assert.StartsWith("Build new refused it", why.Text[1], StringComparison.Ordinal);
        Assert.Equal((RetryOutcome.Due, ExecutionState.Blocked), (outcome, tried.Row.State));
    }

    private static Func<WorkflowContext, int, Task<int>> Steps(params string[] names) => async (context, _) =>
    {
        var count = 0;
        foreach (var name in names)
        {
            count += await context.StepAsync(name, _ => Task.FromResult(1));
            await context.SleepAsync(TimeSpan.FromMinutes(1));
        }

        return count;
    };

    private static Func<WorkflowContext, int, Task<int>> Parallel(params string[] names) => async (context, _) =>
    {
        await Task.WhenAll(names.Select(name => context.StepAsync(name, _ => Task.FromResult(1))).ToList());
        await context.SleepAsync(TimeSpan.FromMinutes(1));
        return 0;
    };

    private static Func<WorkflowContext, int, Task<int>> WithInput<T>(T input) =>
        ThenWait(context => context.StepAsync("charge", input, (_, _) => Task.FromResult(1)));

    private static Func<WorkflowContext, int, Task<int>> Sleep(TimeSpan span) => ThenWait(async context =>
    {
        await context.SleepAsync(span);
        await context.StepAsync("after", _ => Task.CompletedTask);
    });

    private static Func<WorkflowContext, int, Task<int>> ThenWait(Func<WorkflowContext, Task> run) =>
        async (context, _) =>
        {
            await run(context);
            await context.SleepAsync(TimeSpan.FromMinutes(1));
            return 1;
        };

    private static Func<WorkerOptions, WorkerOptions> Build(string name) => worker => worker with { Build = name };

    private static async Task<(ExecutionDetails Details, string Log)> BlockAsync(
        Func<WorkflowContext, int, Task<int>> recorded, Func<WorkflowContext, int, Task<int>> found)
    {
        await using var world = new World();
        return (await BlockAsync(world, recorded, found), world.Log.ToString());
    }

    /// <summary>Records with one code until it sleeps, then replays with another, under another build.</summary>
    private static async Task<ExecutionDetails> BlockAsync(
        World world, Func<WorkflowContext, int, Task<int>> recorded, Func<WorkflowContext, int, Task<int>> found)
    {
        var handle = await world.StartAsync(recorded, 0);
        await world.PassAsync(TimeSpan.FromSeconds(5));
        await world.CloseAsync();
        var client = await world.OpenAsync(found, worker: Build("new"));
        await world.PassAsync(TimeSpan.FromMinutes(2));
        var details = await client.Execution(handle.Id).DescribeAsync();
        Assert.Equal((ExecutionState.Blocked, BlockedReason.Mismatch), (details.Row.State, details.Row.BlockedReason));
        Assert.Equal("Hydra.ReplayMismatch", Assert.Single(details.Refusals).Difference.Failure().Type);
        return details;
    }

    private static string Difference(ExecutionDetails details) => details.Refusals[0].Difference.Failure().Message;
}
