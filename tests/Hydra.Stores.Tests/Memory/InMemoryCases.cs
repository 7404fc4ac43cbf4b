using Hydra.Storage;

namespace Hydra.Stores.Tests;

/// <summary>What the in-memory store promises beyond the suite: it is synchronous and exact about changes.</summary>
internal sealed class InMemoryCases(StoreHarness harness) : StoreTest(harness)
{
    [Case]
    public async Task Every_call_has_completed_when_it_returns()
    {
        var session = NewSession();
        var start = NewStart();
        var maintenance = new MaintenanceRequest
        {
            Session = session.Id,
            Build = "build-1",
            TimeoutFailure = Make.Failure,
        };

        Task[] calls =
        [
            Store.MigrateAsync(Token),
            Store.VerifyAsync(Token),
            Store.OpenSessionAsync(session, Token),
            Store.CommitAsync(new CommitBatch(session.Id, [start]), Token),
            Store.ClaimAsync(new ClaimRequest { Session = session.Id, Workflows = [], Limit = 1 }, Token),
            Store.HeartbeatAsync(session.Id, [], Token),
            Store.MaintainAsync(maintenance, Token),
            Queries.FindAsync(start.Id, Token),
            Store.Schedules!.ListDueAsync(1, Token),
            Store.Schedules.FindAsync("daily", Token),
            Store.CloseSessionAsync(session.Id, Token),
        ];

        Assert.All(calls, call => Assert.True(call.IsCompletedSuccessfully));
        await Task.WhenAll(calls);
    }

    [Case]
    public async Task A_store_is_not_told_of_its_own_commits()
    {
        using var source = new CancellationTokenSource();
        var wait = Store.WaitForChangeAsync(source.Token);

        await StartAsync();

        Assert.False(wait.IsCompleted);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
    }

    [Case]
    public async Task Commits_that_make_nothing_due_are_not_told()
    {
        var other = await Harness.OpenAsync();
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        await other.WaitForChangeAsync(Token);
        using var source = new CancellationTokenSource();
        var wait = other.WaitForChangeAsync(source.Token);

        await worker.ApplyAsync(Make.Advance(row, Make.Step(row, 1)));
        await worker.BeatAsync();
        await CancelAsync(row.Id);
        await worker.ApplyAsync(Make.Finish(row, 2));

        Assert.False(wait.IsCompleted);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
    }

    [Case]
    public async Task A_batch_that_was_undone_is_not_told()
    {
        var other = await Harness.OpenAsync();
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        await other.WaitForChangeAsync(Token);
        using var source = new CancellationTokenSource();
        var wait = other.WaitForChangeAsync(source.Token);

        await AssertDeterministicAsync(
            () => worker.CommitAsync(NewStart(), Make.Advance(row, Make.Step(row, 9))));

        Assert.False(wait.IsCompleted);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
    }

    [Case]
    public async Task Other_namespaces_are_not_told()
    {
        var other = await Harness.OpenAsync("other");
        using var source = new CancellationTokenSource();
        var wait = other.WaitForChangeAsync(source.Token);

        await StartAsync();

        Assert.False(wait.IsCompleted);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
    }

    [Case]
    public async Task A_change_is_told_once()
    {
        var other = await Harness.OpenAsync();
        var heard = other.WaitForChangeAsync(Token);
        await StartAsync();
        await heard;
        using var source = new CancellationTokenSource();

        var wait = other.WaitForChangeAsync(source.Token);

        Assert.False(wait.IsCompleted);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
    }

    [Case]
    public async Task Closing_a_store_ends_its_waits_and_leaves_the_data()
    {
        var id = await StartAsync();
        var other = await Harness.OpenAsync();
        var wait = Store.WaitForChangeAsync(Token);

        await Store.DisposeAsync();

        await wait;
        Assert.NotNull(await other.Queries.FindAsync(id, Token));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Store.WaitForChangeAsync(Token));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => StartAsync());
    }

    [Case]
    public async Task A_claim_that_fails_half_way_has_claimed_nothing()
    {
        var worker = await JoinAsync();
        await CommitAsync(NewStart(), NewStart(), NewStart());
        var before = await Dump.NamespaceAsync(Queries, Token);
        var asked = 0;

        await Assert.ThrowsAsync<InvalidOperationException>(() => worker.ClaimAsync(request => request with
        {
            CachedThrough = _ => ++asked == 3 ? throw new InvalidOperationException() : -1,
        }));

        Assert.Equal(before, await Dump.NamespaceAsync(Queries, Token));
        Assert.Empty((await worker.BeatAsync()).Owned);
        Assert.Equal(3, (await worker.ClaimAsync()).Executions.Count);
    }

    [Case]
    public async Task A_store_of_its_own_shares_nothing()
    {
        await using var one = new InMemoryWorkflowStore("tests", Clock);
        await using var two = new InMemoryWorkflowStore("tests", Clock);
        var start = NewStart();

        await one.CommitAsync(new CommitBatch(SessionId.None, [start]), Token);

        Assert.NotNull(await one.Queries.FindAsync(start.Id, Token));
        Assert.Null(await two.Queries.FindAsync(start.Id, Token));
        Assert.False(one.Capabilities.ManyProcesses);
        Assert.True(Store.Capabilities.ManyProcesses);
    }

    [Case]
    public async Task A_cancelled_call_does_nothing()
    {
        var batch = new CommitBatch(SessionId.None, [NewStart()]);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Store.CommitAsync(batch, new CancellationToken(canceled: true)));

        Assert.Null(await Queries.FindAsync(batch.Operations[0].Id, Token));
    }

    [Case]
    public async Task A_settlement_must_tell_where_the_journal_ends()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        var before = await DumpAsync(row.Id);

        await AssertDeterministicAsync(() => worker.CommitAsync(Make.Advance(row, Make.Step(row, 1)) with
        {
            Settlement = new Settlement.Released { LastSeq = 0 },
        }));

        Assert.Equal(before, await DumpAsync(row.Id));
    }

    [Case]
    public async Task A_change_of_a_schedule_with_a_bad_start_leaves_nothing()
    {
        var change = new ScheduleChange
        {
            Name = "daily",
            ExpectedChange = null,
            Row = new ScheduleRow { Name = "daily", Workflow = Make.Workflow, ChangeId = 1, DueAt = Now },
            Operations = [NewStart(), NewStart() with { Input = NewStart().Input with { Seq = 1 } }],
        };

        await AssertDeterministicAsync(() => Store.Schedules!.ApplyAsync(change, Token));

        Assert.Null(await Store.Schedules!.FindAsync("daily", Token));
        Assert.Empty(await Queries.ListAsync(new ExecutionFilter(), Token));
    }

    [Case(ExecutionState.Running)]
    [Case(ExecutionState.Blocked)]
    public async Task Only_terminal_states_are_an_end(ExecutionState state)
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);

        await AssertDeterministicAsync(() => worker.CommitAsync(Make.Finish(row, 1, state)));

        Assert.Equal(ExecutionState.Running, (await RowAsync(row.Id)).State);
    }
}
