namespace Hydra.Testing;

/// <summary>How many executions there are, counted with bounded work.</summary>
internal sealed class CountConformance(StoreHarness harness) : StoreTest(harness)
{
    [Case]
    public async Task An_empty_namespace_has_none()
    {
        var counts = await Queries.CountAsync(10, Token);

        Assert.Empty(counts.Executions);
        Assert.Empty(counts.Due);
        Assert.Equal(Now, counts.Now);
    }

    [Case]
    public async Task Every_state_is_counted_by_workflow()
    {
        var worker = await JoinAsync();
        await FillAsync(worker);

        var counts = await Queries.CountAsync(100, Token);

        ExecutionCount[] expected =
        [
            Of(Make.Workflow, ExecutionState.Pending, 2),
            Of(Make.Workflow, ExecutionState.Running, 1),
            Of(Make.Workflow, ExecutionState.Sleeping, 2),
            Of(Make.Workflow, ExecutionState.Waiting, 1),
            Of(Make.Workflow, ExecutionState.Blocked, 1) with { BlockedReason = BlockedReason.Mismatch },
            Of(Make.Workflow, ExecutionState.Completed, 1),
            Of(Make.Workflow, ExecutionState.Failed, 1),
            Of(Make.Workflow, ExecutionState.Cancelled, 1),
            Of(Make.Workflow, ExecutionState.TimedOut, 1),
            Of("refund", ExecutionState.Pending, 1),
        ];
        Assert.Equal(expected, counts.Executions);
    }

    [Case]
    public async Task What_is_due_is_counted_by_workflow_with_its_oldest()
    {
        var first = Now;
        await StartAsync(start => start with { Priority = ExecutionPriority.Low });
        Clock.Advance(Second);
        await StartAsync(start => start with { Priority = ExecutionPriority.High });
        await StartAsync(start => start with { Delay = Hour });
        await StartAsync(start => start with { Workflow = "refund" });

        var counts = await Queries.CountAsync(100, Token);

        Assert.Equal(
            [new DueCount(Make.Workflow, 2, false, first), new DueCount("refund", 1, false, Now)], counts.Due);
    }

    [Case]
    public async Task Counting_stops_at_the_limit_and_says_so()
    {
        var worker = await JoinAsync();
        for (var i = 0; i < 5; i++)
        {
            await worker.ApplyAsync(Make.Finish(await StartClaimedAsync(worker)));
        }

        for (var i = 0; i < 5; i++)
        {
            await StartAsync();
        }

        await StartAsync(start => start with { Workflow = "refund" });

        var counts = await Queries.CountAsync(3, Token);

        Assert.Equal(
            [
                Of(Make.Workflow, ExecutionState.Pending, 3) with { AtLeast = true },
                Of("refund", ExecutionState.Pending, 1),
            ],
            counts.Executions); // None of the completed ones is among the newest three.
        Assert.Equal([(3L, true), (1L, false)], counts.Due.Select(due => (due.Count, due.AtLeast)));
        var more = await Queries.CountAsync(8, Token);
        Assert.Contains(Of(Make.Workflow, ExecutionState.Completed, 2) with { AtLeast = true }, more.Executions);
    }

    [Case]
    public async Task Other_namespaces_do_not_count()
    {
        var other = await Harness.OpenAsync("others");
        var start = NewStart();
        await other.CommitAsync(new CommitBatch(SessionId.None, [start]), Token);

        Assert.Empty((await Queries.CountAsync(10, Token)).Executions);
        Assert.Single((await other.Queries.CountAsync(10, Token)).Executions);
    }

    private static ExecutionCount Of(string workflow, ExecutionState state, long count) =>
        new(workflow, state, BlockedReason.None, count, AtLeast: false);

    private async Task FillAsync(Worker worker)
    {
        var rows = new List<ExecutionRow>();
        for (var i = 0; i < 9; i++)
        {
            rows.Add(await StartClaimedAsync(worker));
        }

        await worker.ApplyAsync(Make.Release(rows[0]));
        await worker.ApplyAsync(Make.Sleep(rows[1], Now.Plus(Hour)));
        await worker.ApplyAsync(Make.Sleep(rows[2], Now.Plus(Minute)));
        await worker.ApplyAsync(Make.Wait(rows[3]));
        await worker.ApplyAsync(Make.Refuse(rows[4], "build-1"));
        await worker.ApplyAsync(Make.Finish(rows[5]));
        await worker.ApplyAsync(Make.Finish(rows[6], state: ExecutionState.Failed));
        await worker.ApplyAsync(Make.Finish(rows[7], state: ExecutionState.TimedOut));
        await CancelAsync(await StartAsync());
        await StartAsync(start => start with { Delay = Hour });
        await StartAsync(start => start with { Workflow = "refund" });
    }
}
