namespace Hydra.Testing;

/// <summary>What builds refuse, and how other builds free it.</summary>
internal sealed class BlockedConformance(StoreHarness harness) : StoreTest(harness)
{
    [Case]
    public async Task The_build_that_refused_does_not_free_it()
    {
        var worker = await JoinAsync(build: "build-1");
        var id = await StartRefusedAsync(worker);
        var before = await DumpAsync(id);

        var answer = await worker.MaintainAsync();

        Assert.Empty(answer.Unblocked);
        Assert.False(answer.More);
        Assert.Equal(before, await DumpAsync(id));
    }

    [Case]
    public async Task Another_build_frees_it_to_be_claimed_at_once()
    {
        var (worker, newer) = (await JoinAsync(build: "build-1"), await JoinAsync(build: "build-2"));
        var id = await StartRefusedAsync(worker);
        var before = await RowAsync(id);
        Clock.Advance(Second);

        var answer = await newer.MaintainAsync();

        Assert.Equal([id], answer.Unblocked);
        var expected = before with
        {
            State = ExecutionState.Pending,
            BlockedReason = BlockedReason.None,
            DueAt = Now,
        };
        Assert.Equal(expected, await RowAsync(id));
        var claimed = Assert.Single((await newer.ClaimAsync()).Executions);
        Assert.Equal((id, 2L), (claimed.Row.Id, claimed.Row.Epoch));
        Assert.Equal([0, 1], claimed.Entries.Select(entry => entry.Seq));
    }

    [Case]
    public async Task A_session_that_does_not_know_the_workflow_frees_nothing()
    {
        var worker = await JoinAsync(build: "build-1");
        var id = await StartRefusedAsync(worker);
        var before = await DumpAsync(id);

        foreach (var workflows in new string[][] { [], ["another", Make.Workflow + "s"] })
        {
            var stranger = new Worker(Store, NewSession(build: "build-2") with { Workflows = workflows });
            await Store.OpenSessionAsync(stranger.Row, Token);
            var answer = await stranger.MaintainAsync();

            Assert.Empty(answer.Unblocked);
            Assert.False(answer.More);
        }

        Assert.Equal(before, await DumpAsync(id));
        Assert.Equal([id], (await (await JoinAsync(build: "build-2")).MaintainAsync()).Unblocked);
    }

    [Case]
    public async Task What_is_freed_is_freed_once()
    {
        var (worker, newer) = (await JoinAsync(build: "build-1"), await JoinAsync(build: "build-2"));
        await StartRefusedAsync(worker);
        await newer.MaintainAsync();

        Assert.Empty((await newer.MaintainAsync()).Unblocked);
    }

    [Case]
    public async Task What_two_builds_refused_waits_for_a_third()
    {
        var (one, two, three) = (
            await JoinAsync(build: "build-1"), await JoinAsync(build: "build-2"), await JoinAsync(build: "build-3"));
        var id = await StartRefusedAsync(one);
        await two.MaintainAsync();
        await two.ApplyAsync(Refuse(await two.ClaimOneAsync(), "build-2"));

        Assert.Empty((await one.MaintainAsync()).Unblocked);
        Assert.Empty((await two.MaintainAsync()).Unblocked);
        Assert.Equal([id], (await three.MaintainAsync()).Unblocked);
        Assert.Equal(
            ["build-1", "build-2"],
            (await Queries.ReadRefusalsAsync(id, Token)).Select(refusal => refusal.Build).Order());
    }

    [Case]
    public async Task What_is_freed_is_not_given_to_the_build_that_refused_it()
    {
        var (worker, newer) = (await JoinAsync(build: "build-1"), await JoinAsync(build: "build-2"));
        var id = await StartRefusedAsync(worker);
        var other = await StartAsync();
        await newer.MaintainAsync();

        var refused = await worker.ClaimAsync();
        var again = await worker.ClaimAsync();

        Assert.Equal([other], refused.Executions.Select(claimed => claimed.Row.Id));
        Assert.Empty(again.Executions);
        Assert.Equal((Instant.Never, false), (again.NextDue, again.More));
        Assert.Equal([id], (await newer.ClaimAsync()).Executions.Select(claimed => claimed.Row.Id));
    }

    [Case]
    public async Task What_another_build_has_suspended_does_not_wake_the_one_that_refused_it()
    {
        var (worker, newer) = (await JoinAsync(build: "build-1"), await JoinAsync(build: "build-2"));
        await StartRefusedAsync(worker);
        await newer.MaintainAsync();
        var row = await newer.ClaimOneAsync();
        await newer.ApplyAsync(Make.Advance(row) with
        {
            Settlement = new Settlement.Suspended(ExecutionState.Sleeping, Now.Plus(Minute), row.Mail) { LastSeq = 1 },
        });

        Assert.Equal(Instant.Never, (await worker.ClaimAsync()).NextDue);
        Assert.Equal(Now.Plus(Minute), (await newer.ClaimAsync()).NextDue);
    }

    [Case]
    public async Task The_names_of_builds_differ_by_case()
    {
        var (worker, newer) = (await JoinAsync(build: "build-a"), await JoinAsync(build: "build-A"));
        var id = await StartRefusedAsync(worker, "build-a");

        Assert.Empty((await worker.MaintainAsync()).Unblocked);
        Assert.Equal([id], (await newer.MaintainAsync()).Unblocked);
    }

    [Case]
    public async Task No_build_frees_what_is_quarantined()
    {
        var id = await StartQuarantinedAsync(await JoinSweeperAsync("build-2"));
        var before = await DumpAsync(id);

        var answer = await (await JoinAsync(build: "build-3")).MaintainAsync();

        Assert.Empty(answer.Unblocked);
        Assert.Equal(BlockedReason.Quarantined, (await RowAsync(id)).BlockedReason);
        Assert.Equal(before, await DumpAsync(id));
    }

    [Case]
    public async Task What_is_quarantined_ends_when_its_deadline_has_passed()
    {
        var sweeper = await JoinSweeperAsync();
        var id = await StartQuarantinedAsync(sweeper);
        Clock.Advance(Hour);

        Assert.Equal([id], (await sweeper.MaintainAsync()).TimedOut);
        Assert.Equal(BlockedReason.None, (await RowAsync(id)).BlockedReason);
    }

    [Case]
    public async Task A_cancellation_of_what_is_quarantined_is_kept()
    {
        var id = await StartQuarantinedAsync(await JoinSweeperAsync());

        Assert.Equal(AnswerKind.Blocked, (await CancelAsync(id)).Kind);
        Assert.Equal(ExecutionRequests.Cancel, (await RowAsync(id)).Requests);
    }

    [Case]
    public async Task No_more_are_freed_in_a_round_than_its_limit_and_it_tells_that_there_is_more()
    {
        var (worker, newer) = (await JoinAsync(build: "build-1"), await JoinAsync(build: "build-2"));
        var ids = new List<ExecutionId>();
        for (var i = 0; i < 5; i++)
        {
            ids.Add(await StartRefusedAsync(worker));
        }

        var first = await newer.MaintainAsync(request => request with { Limit = 3 });
        var second = await newer.MaintainAsync(request => request with { Limit = 3 });

        Assert.Equal((3, true), (first.Unblocked.Count, first.More));
        Assert.Equal((2, false), (second.Unblocked.Count, second.More));
        Assert.Equal(ids, first.Unblocked.Concat(second.Unblocked).Order());
    }

    [Case]
    public async Task All_duties_share_one_limit()
    {
        var (worker, newer) = (await JoinAsync(build: "build-1"), await JoinAsync(build: "build-2"));
        await StartRefusedAsync(worker);
        await StartRefusedAsync(worker);
        await StartAsync(start => start with { Timeout = Minute });
        await StartAsync(start => start with { Timeout = Minute });
        Clock.Advance(Minute);

        var first = await newer.MaintainAsync(request => request with { Limit = 3 });
        var second = await newer.MaintainAsync(request => request with { Limit = 3 });

        Assert.Equal((3, true), (first.TimedOut.Count + first.Unblocked.Count, first.More));
        Assert.Equal((1, false), (second.TimedOut.Count + second.Unblocked.Count, second.More));
    }

    private async Task<ExecutionId> StartRefusedAsync(Worker worker, string build = "build-1")
    {
        var row = await StartClaimedAsync(worker);
        await worker.ApplyAsync(Make.Refuse(row, build, Make.Step(row, 1)));
        return row.Id;
    }

    /// <summary>Lets sessions die with an execution until it is quarantined; its timeout is an hour.</summary>
    private async Task<ExecutionId> StartQuarantinedAsync(Worker sweeper)
    {
        var id = await StartAsync(start => start with { Timeout = Hour });
        for (var i = 0; i < 3; i++)
        {
            await CrashAsync(sweeper, change: request => request with { QuarantineAfter = 1 });
        }

        Assert.Equal(ExecutionState.Blocked, (await RowAsync(id)).State);
        return id;
    }

    /// <summary>Refuses an execution whose journal already ends at seq 1.</summary>
    private static AdvanceOperation Refuse(ExecutionRow row, string build) =>
        Make.Advance(row) with { Settlement = new Settlement.Refused(build, Make.Failure) { LastSeq = 1 } };
}
