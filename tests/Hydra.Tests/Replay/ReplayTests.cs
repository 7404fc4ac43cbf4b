using Hydra.Storage;
using Hydra.Tests.Support;

namespace Hydra.Tests.Replay;

/// <summary>What a workflow sees when it runs again from its start is what it saw before.</summary>
public class ReplayTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Recorded_steps_are_not_run_again_by_the_next_process(bool gracefully)
    {
        await using var world = new World();
        var runs = new List<string>();
        Func<WorkflowContext, int, Task<string>> run = async (context, number) =>
        {
            var one = await Step(context, "one", number);
            await context.SleepAsync(TimeSpan.FromMinutes(1));
            var two = await Step(context, "two", one);
            return $"{one} {two}";
        };
        var handle = await world.StartAsync(run, 1);
        await world.RestAsync();

        await (gracefully ? world.CloseAsync() : world.CrashAsync());
        var client = await world.OpenAsync(run);
        var result = await world.Until(client.Execution<string>(handle.Id).ResultAsync());

        Assert.Equal("2 3", result);
        Assert.Equal(["one", "two"], runs);

        Task<int> Step(WorkflowContext context, string name, int number) => context.StepAsync(
            name,
            number,
            (input, _) =>
            {
                runs.Add(name);
                return Task.FromResult(input + 1);
            });
    }

    [Fact]
    public async Task A_process_that_dies_amid_a_step_is_replaced_within_its_claim_timeout()
    {
        await using var world = new World();
        var runs = 0;
        Func<WorkflowContext, int, Task<int>> run = async (context, _) =>
        {
            await context.StepAsync("first", _ => Task.CompletedTask);
            return await context.StepAsync("second", async _ =>
            {
                if (Interlocked.Increment(ref runs) == 1)
                {
                    await Task.Delay(Timeout.Infinite, CancellationToken.None);
                }

                return 7;
            });
        };
        var handle = await world.StartAsync(run, 0);
        await world.RestAsync();
        await world.CrashAsync();
        var client = await world.OpenAsync(run);

        var details = await world.EndOf(client.Execution(handle.Id));

        Assert.Equal((ExecutionState.Completed, 1), (details.Row.State, details.Row.Crashes));
        Assert.Equal(2, runs);
        Assert.InRange(details.Crashes[0].At.Time().TotalSeconds, 15, 16);
        Assert.InRange(details.Row.FinishedAt!.Value.Time().TotalSeconds, 15, 16);
        Assert.InRange(world.Elapsed.TotalSeconds, 15, 16);
        Assert.Equal(details.Crashes[0].Epoch, details.Steps()[0].Epoch);
    }

    [Fact]
    public async Task Time_chance_and_identifiers_are_the_same_again()
    {
        await using var world = new World();
        var seen = new List<string>();
        Func<WorkflowContext, int, Task<int>> run = async (context, _) =>
        {
            var line = $"{context.UtcNow:O} {context.NewGuid()} {context.Random.Next(1_000_000)}";
            await context.StepAsync("one", token => Task.Delay(TimeSpan.FromSeconds(3), world.Clock, token));
            line += $" {context.UtcNow:O} {context.NewGuid()} {context.Random.NextDouble()}";
            seen.Add(line);
            await context.SleepAsync(TimeSpan.FromHours(1));
            return 0;
        };
        var handle = await world.StartAsync(run, 0);
        await world.PassAsync(TimeSpan.FromSeconds(10));
        await world.CrashAsync();
        await world.AdvanceAsync(TimeSpan.FromHours(2));
        var client = await world.OpenAsync(run);

        await world.EndOf(client.Execution(handle.Id));

        Assert.Equal(2, seen.Count);
        Assert.Equal(seen[0], seen[1]);
    }

    [Fact]
    public async Task Two_executions_draw_different_numbers_and_identifiers()
    {
        await using var world = new World();
        var client = await world.OpenAsync((WorkflowContext context, int _) =>
            Task.FromResult($"{context.NewGuid()} {context.Random.Next()}"));

        var one = await client.Workflow<int, string>("test").StartAsync(0);
        var two = await client.Workflow<int, string>("test").StartAsync(0);

        Assert.NotEqual(await world.Until(one.ResultAsync()), await world.Until(two.ResultAsync()));
    }

    [Fact]
    public async Task A_new_identifier_is_a_random_uuid()
    {
        await using var world = new World();

        var guids = await world.RunAsync(context => Task.FromResult(new[] { context.NewGuid(), context.NewGuid() }));

        Assert.NotEqual(guids[0], guids[1]);
        Assert.All(guids, guid => Assert.Equal((4, 8), (guid.Version, guid.Variant & 0xC)));
    }

    [Fact]
    public async Task The_time_is_that_of_the_last_outcome()
    {
        await using var world = new World();

        var times = await world.RunAsync(async context =>
        {
            var start = context.UtcNow;
            await context.SleepAsync(TimeSpan.FromMinutes(10));
            var woken = context.UtcNow;
            await context.StepAsync("work", token => Task.Delay(TimeSpan.FromSeconds(30), world.Clock, token));
            return new[] { start, woken, context.UtcNow };
        });

        Assert.Equal(World.Start, times[0]);
        Assert.InRange((times[1] - times[0]).TotalSeconds, 600, 601);
        Assert.InRange((times[2] - times[1]).TotalSeconds, 30, 31);
    }

    [Fact]
    public async Task The_context_knows_its_execution()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            (WorkflowContext context, int _) =>
                Task.FromResult($"{context.ExecutionId} {context.Workflow} {context.Key}"),
            0,
            new() { Key = "order-7" });

        Assert.Equal($"{handle.Id} test order-7", await world.Until(handle.ResultAsync()));
    }

    [Fact]
    public async Task Results_arrive_in_the_order_in_which_they_arrived_before()
    {
        await using var world = new World();
        var orders = new List<string>();
        Func<WorkflowContext, int, Task<int>> run = async (context, count) =>
        {
            var order = new List<int>();
            var steps = Enumerable.Range(0, count).Select(i => Work(context, i)).ToList();
            await foreach (var step in context.WhenEach(steps))
            {
                order.Add(await step);
            }

            orders.Add(string.Join(' ', order));
            await context.SleepAsync(TimeSpan.FromHours(1));
            return order[^1];
        };
        var handle = await world.StartAsync(run, 6);
        await world.PassAsync(TimeSpan.FromSeconds(10));
        await world.CrashAsync();
        var client = await world.OpenAsync(run);

        var result = await world.Until(client.Execution<int>(handle.Id).ResultAsync());

        Assert.Equal(0, result);
        Assert.Equal(["5 4 3 2 1 0", "5 4 3 2 1 0"], orders);

        Task<int> Work(WorkflowContext context, int number) => context.StepAsync("work", number, async (input, token) =>
        {
            await Task.Delay(TimeSpan.FromSeconds(6 - input), world.Clock, token);
            return input;

        });
    }

    [Fact]
    public async Task Nested_functions_that_run_beside_each_other_keep_their_own_steps()
    {
        await using var world = new World();
        var runs = 0;
        Func<WorkflowContext, int, Task<int[]>> run = async (context, _) =>
        {
            var results = await Task.WhenAll(Branch(context, 10), Branch(context, 20), Branch(context, 30));
            await context.SleepAsync(TimeSpan.FromMinutes(1));
            return results;
        };
        var handle = await world.StartAsync(run, 0);

        var result = await world.Until(handle.ResultAsync());
        var details = await world.EndOf(handle);

        Assert.Equal([12, 22, 32], result);
        Assert.Equal(6, runs);
        Assert.Equal(6, details.Steps().Select(entry => entry.Key).Distinct().Count());

        async Task<int> Branch(WorkflowContext context, int number) =>
            await AddOne(context, await AddOne(context, number));

        async Task<int> AddOne(WorkflowContext context, int number)
        {
            return await context.StepAsync("add", number, async (input, _) =>
            {
                await Task.Yield();
                Interlocked.Increment(ref runs);
                return input + 1;
            });
        }
    }

    [Fact]
    public async Task Suspension_is_seen_by_no_catch_and_no_finally()
    {
        await using var world = new World();
        var seen = new List<string>();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                try
                {
                    await context.SleepAsync(TimeSpan.FromMinutes(1));
                    seen.Add("awake");
                }
                catch (Exception e)
                {
                    seen.Add(e.GetType().Name);
                    throw;
                }
                finally
                {
                    seen.Add("finally");
                }

                return 0;
            },
            0);

        var asleep = await world.Now(handle);
        var before = seen.Count;
        await world.EndOf(handle);

        Assert.Equal(ExecutionState.Sleeping, asleep.Row.State);
        Assert.Equal(0, before);
        Assert.Equal(["awake", "finally"], seen);
    }

    [Fact]
    public async Task Shutdown_is_seen_by_no_catch_and_no_finally_of_the_workflow()
    {
        await using var world = new World();
        var seen = new List<string>();
        var bodies = 0;
        Func<WorkflowContext, int, Task<int>> run = async (context, _) =>
        {
            try
            {
                return await context.StepAsync("slow", async token =>
                {
                    if (++bodies == 1)
                    {
                        await Task.Delay(Timeout.Infinite, token);
                    }

                    return 7;
                });
            }
            catch (Exception e)
            {
                seen.Add(e.GetType().Name);
                throw;
            }
            finally
            {
                seen.Add("finally");
            }
        };
        var handle = await world.StartAsync(run, 0);
        await world.RestAsync();

        await world.CloseAsync();
        var before = seen.Count;
        var client = await world.OpenAsync(run);
        var details = await world.EndOf(client.Execution(handle.Id));

        Assert.Equal(0, before);
        Assert.Equal(["finally"], seen);
        Assert.Equal((ExecutionState.Completed, 0), (details.Row.State, details.Row.Crashes));
        Assert.Empty(details.Tries);
        Assert.Equal(1, Assert.Single(details.Steps()).Attempt);
    }

    [Fact]
    public async Task Calls_are_numbered_anew_from_each_outcome_on()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            static async (WorkflowContext context, int _) =>
            {
                await context.StepAsync("one", static _ => Task.FromResult(1));
                var two = context.StepAsync("two", static _ => Task.FromResult(1));
                var three = context.StepAsync("three", static _ => Task.FromResult(1));
                return await two + await three;
            },
            0);

        var details = await world.EndOf(handle);

        Assert.Equal(
            [("one", 0, 0), ("three", 1, 1), ("two", 1, 0)],
            details.Steps().Select(static step => (step.Key, step.Position, step.Ordinal)).Order());
    }

    [Fact]
    public async Task Every_activation_records_under_its_own_epoch()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                await context.SleepAsync(TimeSpan.FromMinutes(1));
                await context.SleepAsync(TimeSpan.FromMinutes(1));
                return 0;
            },
            0);

        var details = await world.EndOf(handle);

        Assert.Equal([0, 2, 3, 3], details.Journal.Select(entry => entry.Epoch));
        Assert.Equal([0, 1, 2, 3], details.Journal.Select(entry => entry.Seq));
        Assert.Equal(EntryKind.Terminal, details.Journal[^1].Kind);
    }
}
