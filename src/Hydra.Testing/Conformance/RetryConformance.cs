namespace Hydra.Testing;

/// <summary>Trying again at once what something that went wrong holds back, and nothing else.</summary>
internal sealed class RetryConformance(StoreHarness harness) : StoreTest(harness)
{
    private long _operations;

    [Case]
    public async Task What_is_not_there_is_not_found() =>
        Assert.Equal(AnswerKind.NotFound, (await RetryAsync(NewId())).Kind);

    [Case]
    public async Task What_is_between_attempts_is_due()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        await worker.ApplyAsync(Make.Retry(row, Hour, Make.Entry(row, 1, EntryKind.AttemptFailed)));
        var before = await RowAsync(row.Id);
        Clock.Advance(Second);

        var answer = await RetryAsync(row.Id);

        Assert.Equal((AnswerKind.Due, row.Id, ExecutionState.Pending), (answer.Kind, answer.Id, answer.State));
        Assert.Equal(before with { DueAt = Now }, await RowAsync(row.Id));
        Assert.Equal(2, (await worker.ClaimOneAsync()).Attempt);
    }

    [Case]
    public async Task What_is_due_is_due_for_the_builds_that_have_refused_it_too()
    {
        var (worker, newer) = (await JoinAsync(build: "build-1"), await JoinAsync(build: "build-2"));
        var row = await StartClaimedAsync(worker);
        await worker.ApplyAsync(Make.Refuse(row, "build-1", Make.Step(row, 1)));
        await newer.MaintainAsync();
        Assert.Empty((await worker.ClaimAsync()).Executions);

        var answer = await RetryAsync(row.Id);

        Assert.Equal((AnswerKind.Due, ExecutionState.Pending), (answer.Kind, answer.State));
        Assert.Empty(await Queries.ReadRefusalsAsync(row.Id, Token));
        Assert.Equal(row.Id, (await worker.ClaimOneAsync()).Id);
    }

    [Case]
    public async Task Between_attempts_it_still_ends_at_once_when_it_is_cancelled()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        await worker.ApplyAsync(Make.Retry(row, Hour, Make.Entry(row, 1, EntryKind.AttemptFailed)));
        await RetryAsync(row.Id);

        Assert.Equal(AnswerKind.Ended, (await CancelAsync(row.Id)).Kind);
    }

    [Case]
    public async Task What_sleeps_until_a_step_is_tried_again_is_due_and_the_step_need_not_wait()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        await SuspendTryingAsync(worker, row, Hour);
        Clock.Advance(Second);

        var answer = await RetryAsync(row.Id);

        Assert.Equal((AnswerKind.Due, ExecutionState.Sleeping), (answer.Kind, answer.State));
        Assert.Equal(Now, (await RowAsync(row.Id)).DueAt);
        var claimed = Assert.Single((await worker.ClaimAsync()).Executions);
        Assert.Equal([new TriedStep("charge", 1, 1, 1, RetryAt: null)], claimed.Tried);
        Assert.NotNull(Assert.Single(await Queries.ReadTriesAsync(row.Id, Token)).RetryAt);
    }

    [Case]
    public async Task A_later_try_makes_it_wait_again()
    {
        var worker = await JoinAsync();
        await SuspendTryingAsync(worker, await StartClaimedAsync(worker), Hour);
        var id = Assert.Single(await Queries.ListAsync(new ExecutionFilter(), Token)).Id;
        await RetryAsync(id);
        var row = await worker.ClaimOneAsync();

        await SuspendTryingAsync(worker, row, Hour, attempt: 2);

        var due = Now.Plus(Hour);
        Assert.Equal(due, (await RowAsync(id)).DueAt);
        Clock.Advance(Hour);
        var claimed = Assert.Single((await worker.ClaimAsync()).Executions);
        Assert.Equal([new TriedStep("charge", 2, 1, 2, due)], claimed.Tried);
    }

    [Case]
    public async Task A_sleep_that_its_code_asked_for_is_not_cut_short()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        await worker.ApplyAsync(Make.Sleep(row, Now.Plus(Hour)));

        await AssertUntouchedAsync(row.Id, ExecutionState.Sleeping);
    }

    [Case]
    public async Task A_wait_is_not_cut_short()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        await worker.ApplyAsync(Make.Wait(row));

        await AssertUntouchedAsync(row.Id, ExecutionState.Waiting);
    }

    [Case]
    public async Task A_try_whose_delay_is_over_holds_nothing_back()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        await worker.ApplyAsync(Make.Sleep(row, Now.Plus(Hour)) with
        {
            Tries = [Make.Try(row, "charge") with { RetryAt = Now.Plus(Second) }],
        });
        Clock.Advance(Minute);

        await AssertUntouchedAsync(row.Id, ExecutionState.Sleeping);
    }

    [Case]
    public async Task What_is_to_begin_later_is_left_alone()
    {
        var id = await StartAsync(start => start with { Delay = Hour });

        await AssertUntouchedAsync(id, ExecutionState.Pending);
    }

    [Case]
    public async Task What_runs_is_left_alone()
    {
        var row = await StartClaimedAsync(await JoinAsync());

        await AssertUntouchedAsync(row.Id, ExecutionState.Running);
    }

    [Case]
    public async Task What_is_due_keeps_its_place()
    {
        var worker = await JoinAsync();
        var (id, released) = (await StartAsync(), await StartClaimedAsync(worker));
        await worker.ApplyAsync(Make.Release(released));
        var before = await RowAsync(released.Id);
        Clock.Advance(Minute);

        var answers = new[] { await RetryAsync(id), await RetryAsync(released.Id) };

        Assert.Equal(
            [(AnswerKind.NothingToRetry, ExecutionState.Running), (AnswerKind.Due, ExecutionState.Pending)],
            answers.Select(answer => (answer.Kind, answer.State)));
        Assert.Equal(before, await RowAsync(released.Id));
    }

    [Case]
    public async Task A_suspect_need_not_wait_and_stays_one()
    {
        var sweeper = await JoinSweeperAsync();
        var id = await StartAsync();
        await CrashAsync(sweeper);
        await CrashAsync(sweeper);
        var before = await RowAsync(id);
        Assert.True(before.DueAt > Now);

        Assert.Equal(AnswerKind.Due, (await RetryAsync(id)).Kind);

        Assert.Equal(before with { DueAt = Now }, await RowAsync(id));
        Assert.Empty(await sweeper.ClaimIdsAsync(request => request with { AcceptSuspect = false }));
        Assert.Equal([id], await sweeper.ClaimIdsAsync());
    }

    [Case]
    public async Task What_builds_refused_is_due_for_them_again()
    {
        var worker = await JoinAsync(build: "build-1");
        var row = await StartClaimedAsync(worker);
        await worker.ApplyAsync(Make.Refuse(row, "build-1"));
        var before = await RowAsync(row.Id);
        Clock.Advance(Second);

        var answer = await RetryAsync(row.Id);

        Assert.Equal((AnswerKind.Due, ExecutionState.Pending), (answer.Kind, answer.State));
        var expected = before with
        {
            State = ExecutionState.Pending,
            BlockedReason = BlockedReason.None,
            DueAt = Now,
        };
        Assert.Equal(expected, await RowAsync(row.Id));
        Assert.Empty(await Queries.ReadRefusalsAsync(row.Id, Token));
        await worker.ApplyAsync(Make.Refuse(await worker.ClaimOneAsync(), "build-1"));
        Assert.Empty((await worker.MaintainAsync()).Unblocked);
    }

    [Case]
    public async Task What_is_quarantined_is_due_and_its_crashes_count_from_zero()
    {
        var sweeper = await JoinSweeperAsync();
        var id = await StartAsync();
        await CrashAsync(sweeper);
        await CrashAsync(sweeper);
        await CrashAsync(sweeper, change: request => request with { QuarantineAfter = 1 });
        var before = await RowAsync(id);
        Assert.Equal(BlockedReason.Quarantined, before.BlockedReason);

        Assert.Equal(AnswerKind.Due, (await RetryAsync(id)).Kind);

        var expected = before with
        {
            State = ExecutionState.Pending,
            BlockedReason = BlockedReason.None,
            DueAt = Now,
            BarrenCrashes = 0,
            SoleSuspectCrashes = 0,
        };
        Assert.Equal(expected, await RowAsync(id));
        await CrashAsync(sweeper);
        var crashed = await RowAsync(id);
        Assert.Equal((ExecutionState.Pending, 4, 1, 0),
            (crashed.State, crashed.Crashes, crashed.BarrenCrashes, crashed.SoleSuspectCrashes));
    }

    [Case]
    public async Task A_cancellation_that_a_blocked_one_kept_is_heard()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        await worker.ApplyAsync(Make.Refuse(row, "build-1"));
        await CancelAsync(row.Id);

        await RetryAsync(row.Id);

        Assert.Equal(ExecutionRequests.Cancel, (await worker.ClaimOneAsync()).Requests);
    }

    [Case]
    public async Task What_has_ended_stays_as_it_is()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        await worker.ApplyAsync(Make.Finish(row, state: ExecutionState.Failed));
        var before = await DumpAsync(row.Id);

        var answer = await RetryAsync(row.Id);

        Assert.Equal((AnswerKind.AlreadyEnded, ExecutionState.Failed), (answer.Kind, answer.State));
        Assert.Equal(before, await DumpAsync(row.Id));
    }

    [Case]
    public async Task Submitted_again_it_changes_nothing_whatever_has_happened_since()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        await worker.ApplyAsync(Make.Retry(row, Hour, Make.Entry(row, 1, EntryKind.AttemptFailed)));
        var retry = Make.RetryNow(row.Id, 4711);
        await CommitAsync(retry);
        var next = await worker.ClaimOneAsync();
        await worker.ApplyAsync(Make.Retry(next, Hour, Make.Entry(next, 2, EntryKind.AttemptFailed)));
        var delayed = await DumpAsync(row.Id);

        Assert.Equal(AnswerKind.Due, (await CommitAsync(retry)).Kind);

        Assert.Equal(delayed, await DumpAsync(row.Id));
        Assert.Equal(AnswerKind.Due, (await CommitAsync(Make.RetryNow(row.Id, 4712))).Kind);
        await worker.ApplyAsync(Make.Finish(await worker.ClaimOneAsync(), seq: 3));
        Assert.Equal(
            AnswerKind.Due, (await CommitAsync(Make.RetryNow(row.Id, 4712))).Kind); // It was, before the end.
    }

    [Case]
    public async Task What_did_not_take_effect_may_when_it_is_submitted_again()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        var retry = Make.RetryNow(row.Id, 4711);
        Assert.Equal(AnswerKind.NothingToRetry, (await CommitAsync(retry)).Kind);
        await worker.ApplyAsync(Make.Retry(row, Hour, Make.Entry(row, 1, EntryKind.AttemptFailed)));

        Assert.Equal(AnswerKind.Due, (await CommitAsync(retry)).Kind);
        Assert.Equal(Now, (await RowAsync(row.Id)).DueAt);
    }

    [Case]
    public async Task A_batch_that_fails_leaves_nothing_of_it()
    {
        var worker = await JoinAsync();
        var (row, other) = (await StartClaimedAsync(worker), await StartClaimedAsync(worker));
        await worker.ApplyAsync(Make.Refuse(row, "build-1"));
        var before = await DumpAsync(row.Id);

        await AssertDeterministicAsync(() => worker.CommitAsync(
            Make.RetryNow(row.Id, 4711), Make.Advance(other, Make.Step(other, 7))));

        Assert.Equal(before, await DumpAsync(row.Id));
        Assert.Equal(AnswerKind.Due, (await CommitAsync(Make.RetryNow(row.Id, 4711))).Kind);
        Assert.Equal(ExecutionState.Pending, (await RowAsync(row.Id)).State);
    }

    private static Task SuspendTryingAsync(Worker worker, ExecutionRow row, TimeSpan delay, int attempt = 1) =>
        worker.ApplyAsync(Make.Sleep(row, row.CreatedAt.Plus(delay)) with
        {
            Tries = [Make.Try(row, "charge", attempt) with { RetryAt = row.CreatedAt.Plus(delay) }],
        });

    private Task<OperationAnswer> RetryAsync(ExecutionId id) => CommitAsync(Make.RetryNow(id, ++_operations));

    private async Task AssertUntouchedAsync(ExecutionId id, ExecutionState state)
    {
        var before = await DumpAsync(id);

        var answer = await RetryAsync(id);

        Assert.Equal((AnswerKind.NothingToRetry, state), (answer.Kind, answer.State));
        Assert.Equal(before, await DumpAsync(id));
    }
}
