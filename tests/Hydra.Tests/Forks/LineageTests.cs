using Hydra.Storage;
using Hydra.Tests.Support;

namespace Hydra.Tests.Forks;

/// <summary>Where executions and values came from and went to.</summary>
public class LineageTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_lineage_goes_up_to_the_first_and_down_to_the_last()
    {
        await using var world = new World();
        var first = await world.StartAsync<int, int>(Double, 1);
        await world.Until(first.ResultAsync(Token));
        var fork = await world.Until(first.ForkAsync("double", cancellationToken: Token));
        var beside = await world.Until(first.RerunAsync(cancellationToken: Token));
        await world.Until(fork.ResultAsync(Token));
        var below = await world.Until(fork.RerunAsync(cancellationToken: Token));
        await world.Until(below.ResultAsync(Token));

        var whole = await world.Until(first.LineageAsync(Token));
        var part = await world.Until(fork.LineageAsync(Token));

        Assert.Equal(
            new HashSet<(ExecutionId, int)> { (first.Id, 0), (fork.Id, 1), (beside.Id, 1), (below.Id, 2) },
            whole.Executions.Select(node => (node.Id, node.Depth)).ToHashSet());
        Assert.Equal(
            [(first.Id, 0), (fork.Id, 1), (below.Id, 2)], part.Executions.Select(node => (node.Id, node.Depth)));
        Assert.Equal(Origin.OfRerun(fork.Id), part.Executions[2].Origin);
        Assert.Equal(ExecutionState.Completed, part.Executions[0].Row!.State);
        Assert.False(whole.AtLeast);
        await Assert.ThrowsAsync<ExecutionNotFoundException>(
            () => world.Until(world.Clients[0].Execution(new ExecutionId(Guid.NewGuid())).LineageAsync(Token)));
    }

    [Fact]
    public async Task A_lineage_tells_every_child_however_many_there_are()
    {
        await using var world = new World();
        var first = await world.StartAsync<int, int>(Double, 1);
        await world.Until(first.ResultAsync(Token));
        var all = new HashSet<ExecutionId> { first.Id };
        for (var i = 0; i < 401; i++)
        {
            all.Add((await world.Until(first.RerunAsync(cancellationToken: Token))).Id);
        }

        var lineage = await world.Until(first.LineageAsync(Token));

        Assert.False(lineage.AtLeast);
        Assert.Equal(402, lineage.Executions.Count);
        Assert.Equal(all, lineage.Executions.Select(static node => node.Id).ToHashSet());
    }

    [Fact]
    public async Task A_value_is_found_where_it_was_made_and_taken()
    {
        await using var world = new World();
        var client = await world.OpenAsync<int, string[]>(async (context, number) =>
        {
            var receipt = await context.StepAsync("pay", number, (amount, _) =>
                Task.FromResult(new { Id = $"r-{amount}", Amount = 1.50m }));
            await context.StepAsync("mail", new { About = new[] { "x", receipt.Id } }, (_, _) => Task.FromResult(true));
            return [receipt.Id];
        });
        ExecutionHandle<string[]>? last = null;
        foreach (var number in new[] { 1, 2, 3 })
        {
            last = await world.Until(client.Workflow<int, string[]>("test").StartAsync(number, null, Token));
            await world.Until(last.ResultAsync(Token));
            await world.AdvanceAsync(TimeSpan.FromMinutes(1));
        }

        var third = await TraceAsync(new TraceQuery { Value = "\"r-3\"" });
        var pathed = await TraceAsync(new TraceQuery { Value = "\"r-3\"", Path = "$.about[1]" });
        var numbers = await TraceAsync(new TraceQuery { Value = "1.5", Path = "amount", Limit = 2 });
        var early = await TraceAsync(new TraceQuery { Value = "1.50", Until = World.Start.AddSeconds(30) });
        var late = await TraceAsync(new TraceQuery { Value = "1.50", Since = World.Start.AddSeconds(90) });
        var named = await TraceAsync(new TraceQuery { Value = "1.50", Executions = [last!.Id] });
        var others = await TraceAsync(new TraceQuery { Value = "1.50", Workflow = "other" });

        Assert.Equal(
            [
                (TraceRole.Produced, "pay", 1, "$.id"), (TraceRole.Consumed, "mail", 2, "$.about[1]"),
                (TraceRole.WorkflowOutput, "", 3, "$[0]"),
            ],
            third.Matches.Select(match => (match.Role, match.Step, match.Seq, match.Path)));
        Assert.Equal((3, false), (third.ExecutionsRead, third.AtLeast));
        Assert.Equal("mail", Assert.Single(pathed.Matches).Step);
        Assert.Equal((2, 2, true), (numbers.Matches.Count, numbers.ExecutionsRead, numbers.AtLeast));
        Assert.Equal((1, 1), (early.ExecutionsRead, early.Matches.Count));
        Assert.Equal((1, 1), (late.ExecutionsRead, late.Matches.Count));
        Assert.Equal(last.Id, Assert.Single(named.Matches).Execution);
        Assert.Equal(0, others.ExecutionsRead);

        Task<Trace> TraceAsync(TraceQuery query) => world.Until(client.TraceAsync(query, Token));
    }

    /// <summary>Their ids have the instants that they stand for, which may be long before they were started.</summary>
    [Fact]
    public async Task A_trace_bounded_in_time_goes_by_when_executions_were_started()
    {
        await using var world = new World();
        var client = await world.OpenAsync<int, int>(Double);
        await world.Until(client.Workflow<int, int>("test").StartAsync(21, null, Token));
        await world.PassAsync(TimeSpan.FromDays(3));
        var began = world.Clock.GetUtcNow();
        await client.Schedules.CreateAsync(
            new Schedule("s", "test", Timetable.Cron("0 0 1 1 *")) { Input = Payload.Create("21"u8) }, Token);
        await client.Schedules.BackfillAsync(
            "s", World.Start.AddDays(-900), World.Start.AddDays(-1), cancellationToken: Token);
        await world.PassAsync(TimeSpan.FromMinutes(1));
        await world.Until(client.Workflow<int, int>("test").StartAsync(21, null, Token));
        await world.RestAsync();
        var query = new TraceQuery { Value = "42" };

        var late = await world.Until(client.TraceAsync(query with { Since = began }, Token));
        var early = await world.Until(client.TraceAsync(query with { Until = began }, Token));
        var few = await world.Until(client.TraceAsync(query with { Since = began, Limit = 2 }, Token));

        Assert.Equal((3, false), (late.ExecutionsRead, late.AtLeast));
        Assert.Equal((1, false), (early.ExecutionsRead, early.AtLeast));
        Assert.Equal((2, true), (few.ExecutionsRead, few.AtLeast));
    }

    /// <summary>A process whose clock is ahead gives ids that are ahead.</summary>
    [Fact]
    public async Task A_trace_up_to_a_moment_has_what_a_process_with_a_fast_clock_had_started_by_then()
    {
        await using var world = new World();
        var client = await world.OpenAsync<int, int>(Double);
        await StartAsync(world, World.Start.AddMinutes(59), 1);
        await world.PassAsync(TimeSpan.FromMinutes(1));

        var trace = await world.Until(client.TraceAsync(
            new TraceQuery { Value = "21", Until = World.Start.AddSeconds(30) }, Token));

        Assert.Equal((1, false), (trace.ExecutionsRead, trace.AtLeast));
    }

    [Theory]
    [InlineData(10_000, false)]
    [InlineData(10_001, true)]
    public async Task A_trace_passes_a_bounded_number_of_executions_and_says_so(int older, bool atLeast)
    {
        await using var world = new World();
        var client = await world.OpenAsync<int, int>(Double);
        await StartAsync(world, World.Start.AddDays(-1), older);
        await world.AdvanceAsync(TimeSpan.FromDays(2));

        var trace = await world.Until(client.TraceAsync(
            new TraceQuery { Value = "21", Since = World.Start.AddDays(1) }, Token));

        Assert.Equal((0, atLeast), (trace.ExecutionsRead, trace.AtLeast));
    }

    [Fact]
    public async Task What_was_started_behind_a_moment_hides_nothing_that_was_started_before()
    {
        await using var world = new World();
        var client = await world.OpenAsync<int, int>(Double);
        await StartAsync(world, World.Start, 1);
        await world.AdvanceAsync(TimeSpan.FromMinutes(10));
        await StartAsync(world, World.Start.AddMinutes(10), 10_001);

        var trace = await world.Until(client.TraceAsync(
            new TraceQuery { Value = "21", Until = World.Start.AddMinutes(5) }, Token));

        Assert.Equal((1, true), (trace.ExecutionsRead, trace.AtLeast));
    }

    private static async Task StartAsync(World world, DateTimeOffset idsOf, int count)
    {
        var store = new InMemoryWorkflowStore(world.Database, "default");
        var input = Payload.Create("21"u8);
        var starts = Enumerable.Range(0, count).Select(number => new StartOperation
        {
            Id = ExecutionId.Create(idsOf.ToUnixTimeMilliseconds(), (UInt128)number << 8, 0),
            Workflow = "unknown",
            InputHash = input.HashText,
            Input = new JournalEntry { Seq = 0, Kind = EntryKind.Input, Input = input, At = default, Epoch = 0 },
            MaxAttempts = 1,
            RetryBackoff = TimeSpan.FromSeconds(1),
        });
        foreach (var batch in starts.Chunk(1_000))
        {
            await store.CommitAsync(() => new CommitBatch(SessionId.None, batch), Token);
        }
    }

    [Fact]
    public async Task A_trace_that_cannot_be_is_refused()
    {
        await using var world = new World();
        var client = await world.OpenAsync<int, int>(Double);

        var text = Assert.Throws<ArgumentException>(
            () => { _ = client.TraceAsync(new TraceQuery { Value = "r-3" }, Token); });
        Assert.ThrowsAny<ArgumentException>(
            () => { _ = client.TraceAsync(new TraceQuery { Value = "1", Limit = 1_001 }, Token); });

        Assert.Contains("A text stands in quotes", text.Message, StringComparison.Ordinal);
    }

    private static Task<int> Double(WorkflowContext context, int number) =>
        context.StepAsync("double", number, (value, _) => Task.FromResult(value * 2));
}
