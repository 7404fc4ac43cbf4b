using Hydra.Storage;
using Hydra.Tests.Support;

namespace Hydra.Tests.Starts;

public class StartTests
{
    [Fact]
    public async Task A_key_gives_the_same_execution_for_the_same_input()
    {
        await using var world = new World();
        var runs = 0;
        var client = await world.OpenAsync((WorkflowContext _, int number) => Task.FromResult(number + ++runs));
        var workflow = client.Workflow<int, int>("test");

        var first = await workflow.StartAsync(1, new() { Key = "order-1" });
        var second = await workflow.StartAsync(1, new() { Key = "order-1", MaxAttempts = 9 });
        await world.EndOf(first);
        var third = await workflow.StartAsync(1, new() { Key = "order-1" });

        Assert.Equal((first.Id, first.Id), (second.Id, third.Id));
        Assert.Equal(2, await third.ResultAsync());
        Assert.Equal(1, runs);
    }

    [Fact]
    public async Task A_key_that_belongs_to_other_work_is_refused_and_its_owner_named()
    {
        await using var world = new World();
        var client = await world.OpenAsync((WorkflowContext _, int number) => Task.FromResult(number));
        var first = await client.Workflow<int, int>("test").StartAsync(1, new() { Key = "order-1" });

        var otherInput = await Assert.ThrowsAsync<StartConflictException>(
            () => client.Workflow<int, int>("test").StartAsync(2, new() { Key = "order-1" }));
        var otherWorkflow = await Assert.ThrowsAsync<StartConflictException>(
            () => client.Workflow<int, int>("other").StartAsync(1, new() { Key = "order-1" }));

        Assert.Contains($"The key 'order-1' belongs to execution {first.Id}", otherInput.Message,
            StringComparison.Ordinal);
        Assert.Contains("Nothing was started. Use another key for other work", otherInput.Message,
            StringComparison.Ordinal);
        Assert.Equal(("order-1", first.Id), (otherInput.Key, otherInput.Existing));
        Assert.Equal(("order-1", first.Id), (otherWorkflow.Key, otherWorkflow.Existing));
        Assert.Single(await client.ListAsync());
    }

    [Fact]
    public async Task Many_starts_with_one_key_at_once_are_one_execution()
    {
        await using var world = new World();
        var runs = 0;
        var client = await world.OpenAsync((WorkflowContext _, int number) =>
            Task.FromResult(Interlocked.Increment(ref runs)));

        var handles = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => Task.Run(
            () => client.Workflow<int, int>("test").StartAsync(1, new() { Key = "order-1" }))));
        await world.EndOf(handles[0]);

        Assert.Single(handles.Select(handle => handle.Id).Distinct());
        Assert.Equal(1, runs);
        Assert.Single(await client.ListAsync());
    }

    [Fact]
    public async Task The_shard_of_an_execution_follows_from_its_key()
    {
        await using var world = new World();
        var client = await world.OpenAsync(hydra => hydra.Namespace = "production", worker: null);

        var handle = await client.Workflow<int, int>("test").StartAsync(1, new() { Key = "order-1" });

        Assert.Equal(224, handle.Id.Shard);
    }

    [Theory]
    [InlineData("", "must not be empty")]
    [InlineData("a\nb", "control characters")]
    [InlineData("\0", "control characters")]
    public async Task A_key_that_is_not_allowed_is_refused_with_the_reason(string key, string reason)
    {
        await using var world = new World();
        var client = await world.OpenAsync(_ => { }, worker: null);

        var thrown = await Assert.ThrowsAsync<ArgumentException>(
            () => client.Workflow<int, int>("test").StartAsync(1, new() { Key = key }));

        Assert.StartsWith("The key of an execution", thrown.Message, StringComparison.Ordinal);
        Assert.Contains(reason, thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_may_have_255_bytes_and_not_256()
    {
        await using var world = new World();
        var client = await world.OpenAsync(_ => { }, worker: null);
        var workflow = client.Workflow<int, int>("test");
        var longest = new string('ä', 127) + "#";

        var handle = await workflow.StartAsync(1, new() { Key = longest });
        var thrown = await Assert.ThrowsAsync<ArgumentException>(
            () => workflow.StartAsync(1, new() { Key = longest + "x" }));

        Assert.Equal(longest, (await handle.StatusAsync()).Key);
        Assert.Contains("256 bytes, but at most 255", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_delayed_start_is_due_when_it_says()
    {
        await using var world = new World();
        var client = await world.OpenAsync((WorkflowContext context, int _) => Task.FromResult(context.UtcNow));
        var workflow = client.Workflow<int, DateTimeOffset>("test");

        var delayed = await workflow.StartAsync(0, new() { Delay = TimeSpan.FromMinutes(5) });
        var at = await workflow.StartAsync(
            0, new() { StartAt = World.Start.AddMinutes(10).ToOffset(TimeSpan.FromHours(7)) });
        var past = await workflow.StartAsync(0, new() { StartAt = World.Start.AddDays(-1) });
        var early = await world.Now(delayed);

        Assert.Equal((ExecutionState.Pending, 5), (early.Row.State, early.Row.DueAt.Time().TotalMinutes));
        Assert.Equal(World.Start, await world.Until(past.ResultAsync()));
        Assert.InRange((await world.Until(delayed.ResultAsync()) - World.Start).TotalMinutes, 5, 5.01);
        Assert.InRange((await world.Until(at.ResultAsync()) - World.Start).TotalMinutes, 10, 10.01);
    }

    [Fact]
    public async Task Due_executions_go_by_priority_and_then_by_age()
    {
        await using var world = new World();
        var order = new List<string>();
        var client = await world.OpenAsync(
            (WorkflowContext _, string name) =>
            {
                order.Add(name);
                return Task.FromResult(0);
            },
            worker: worker => worker with { Concurrency = 1 });
        var workflow = client.Workflow<string, int>("test");
        foreach (var (name, priority) in new[]
        {
            ("low", ExecutionPriority.Low), ("normal 1", ExecutionPriority.Normal), ("high", ExecutionPriority.High),
            ("normal 2", ExecutionPriority.Normal), ("urgent", ExecutionPriority.Urgent),
        })
        {
            await workflow.StartAsync(name, new() { Priority = priority, Delay = TimeSpan.FromMinutes(1) });
            await world.AdvanceAsync(TimeSpan.FromMilliseconds(1));
        }

        await world.AdvanceAsync(TimeSpan.FromMinutes(2));

        Assert.Equal(["urgent", "high", "normal 1", "normal 2", "low"], order);
    }

    [Fact]
    public async Task The_oldest_due_execution_does_not_starve_behind_others()
    {
        await using var world = new World();
        var order = new List<string>();
        var client = await world.OpenAsync(
            (WorkflowContext _, string name) =>
            {
                order.Add(name);
                return Task.FromResult(0);
            },
            worker: worker => worker with { Concurrency = 1 });
        var workflow = client.Workflow<string, int>("test");
        await workflow.StartAsync("low", new() { Priority = ExecutionPriority.Low, Delay = TimeSpan.FromMinutes(1) });
        for (var i = 0; i < 50; i++)
        {
            await workflow.StartAsync(
                "urgent", new() { Priority = ExecutionPriority.Urgent, Delay = TimeSpan.FromMinutes(2) });
        }

        await world.AdvanceAsync(TimeSpan.FromMinutes(3));

        Assert.Equal(51, order.Count);
        Assert.InRange(order.IndexOf("low"), 1, 12);
    }

    [Fact]
    public async Task Namespaces_know_nothing_of_each_other()
    {
        await using var world = new World();
        var east = await OpenAsync("east");
        var west = await OpenAsync("west");

        var inEast = await east.Workflow<int, string>("test").StartAsync(1, new() { Key = "order-1" });
        var inWest = await west.Workflow<int, string>("test").StartAsync(2, new() { Key = "order-1" });

        Assert.NotEqual(inEast.Id, inWest.Id);
        Assert.Equal("east", await world.Until(inEast.ResultAsync()));
        Assert.Equal("west", await world.Until(inWest.ResultAsync()));
        await Assert.ThrowsAsync<ExecutionNotFoundException>(() => west.Execution(inEast.Id).StatusAsync());
        await Assert.ThrowsAsync<ExecutionNotFoundException>(() => west.Execution(inEast.Id).WaitAsync());
        await Assert.ThrowsAsync<ExecutionNotFoundException>(() => west.Execution(inEast.Id).CancelAsync());
        Assert.Equal(inWest.Id, Assert.Single(await west.ListAsync()).Id);
        Assert.Single(await west.WorkersAsync());

        Task<IHydraClient> OpenAsync(string name) => world.OpenAsync(hydra =>
        {
            hydra.Namespace = name;
            hydra.AddWorkflow("test", (WorkflowContext _, int _) => Task.FromResult(name));
        });
    }

    [Fact]
    public async Task A_workflow_registered_elsewhere_is_started_by_name_and_run_there()
    {
        await using var world = new World();
        var client = await world.OpenAsync(_ => { }, worker: null);
        var handle = await client.Workflow<int, int>("elsewhere").StartAsync(5);

        await world.OpenAsync(hydra => hydra.AddWorkflow(
            "elsewhere", (WorkflowContext _, int number) => Task.FromResult(number + 1)));

        Assert.Equal(6, await world.Until(handle.ResultAsync()));
    }

    [Fact]
    public async Task A_workflow_that_a_worker_does_not_know_is_never_claimed_by_it()
    {
        await using var world = new World();
        var client = await world.OpenAsync((WorkflowContext _, int number) => Task.FromResult(number));
        var handle = await client.Workflow<int, int>("unknown").StartAsync(5);

        await world.PassAsync(TimeSpan.FromMinutes(1));
        var row = await handle.StatusAsync();

        Assert.Equal((ExecutionState.Pending, 0L, 1), (row.State, row.Epoch, row.Attempt));
    }

    [Fact]
    public async Task An_alias_finds_what_was_started_under_an_earlier_name()
    {
        await using var world = new World();
        var client = await world.OpenAsync(_ => { }, worker: null);
        var before = await client.Workflow<int, int>("old-name").StartAsync(5);

        var after = await world.OpenAsync(hydra => hydra.AddWorkflow(
            "new-name", (WorkflowContext _, int number) => Task.FromResult(number + 1),
            new() { Aliases = ["old-name", "older-name"] }));
        var both = await after.Workflow<int, int>("older-name").StartAsync(6);

        Assert.Equal(6, await world.Until(before.ResultAsync()));
        Assert.Equal(7, await world.Until(both.ResultAsync()));
    }

    [Fact]
    public async Task A_start_s_options_beat_the_workflow_s_which_beat_the_engine_s()
    {
        await using var world = new World();
        var client = await world.OpenAsync(
            (WorkflowContext _, int number) => Task.FromResult(number),
            new() { MaxAttempts = 5, Timeout = TimeSpan.FromHours(5) },
            hydra => hydra.Defaults = new()
            {
                MaxAttempts = 7,
                Timeout = TimeSpan.FromHours(7),
                RetryBackoff = TimeSpan.FromMinutes(7),
            });

        var handle = await client.Workflow<int, int>("test").StartAsync(1, new() { MaxAttempts = 3 });
        var row = await handle.StatusAsync();
        var other = await (await client.Workflow<int, int>("other").StartAsync(1)).StatusAsync();

        Assert.Equal(
            (3, TimeSpan.FromHours(5), TimeSpan.FromMinutes(7)),
            (row.MaxAttempts, row.Deadline!.Value.Time(), row.RetryBackoff));
        Assert.Equal(
            (7, TimeSpan.FromHours(7), TimeSpan.FromMinutes(7)),
            (other.MaxAttempts, other.Deadline!.Value.Time(), other.RetryBackoff));
    }

    [Fact]
    public async Task Without_options_there_are_three_attempts_a_second_apart_and_no_timeout()
    {
        await using var world = new World();
        var client = await world.OpenAsync(_ => { }, worker: null);

        var row = await (await client.Workflow<int, int>("test").StartAsync(1)).StatusAsync();

        Assert.Equal((3, TimeSpan.FromSeconds(1)), (row.MaxAttempts, row.RetryBackoff));
        Assert.Equal((null, ExecutionPriority.Normal), (row.Deadline, row.Priority));
    }

    [Fact]
    public async Task A_start_in_a_process_with_a_free_slot_runs_at_once_without_a_claim()
    {
        await using var world = new World();
        var handle = await world.StartAsync((WorkflowContext _, int number) => Task.FromResult(number), 5);

        var details = await world.Now(handle);

        Assert.Equal((ExecutionState.Completed, 1L), (details.Row.State, details.Row.Epoch));
    }

    [Fact]
    public async Task Executions_are_listed_by_state_and_workflow_the_newest_first()
    {
        await using var world = new World();
        var client = await world.OpenAsync((WorkflowContext _, int number) => Task.FromResult(number));
        var ids = new List<ExecutionId>();
        for (var i = 0; i < 5; i++)
        {
            ids.Add((await client.Workflow<int, int>(i < 3 ? "test" : "other").StartAsync(i)).Id);
            await world.AdvanceAsync(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(ids.AsEnumerable().Reverse(), (await client.ListAsync()).Select(row => row.Id));
        Assert.Equal([ids[4], ids[3]], (await client.ListAsync(new() { State = ExecutionState.Pending })).Select(Id));
        Assert.Equal([ids[2], ids[1]], (await client.ListAsync(new() { Workflow = "test", Limit = 2 })).Select(Id));
        Assert.Equal([ids[0]], (await client.ListAsync(new() { Before = ids[1] })).Select(Id));

        static ExecutionId Id(ExecutionRow row) => row.Id;
    }
}
