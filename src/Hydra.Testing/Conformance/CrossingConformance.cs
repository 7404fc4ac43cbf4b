namespace Hydra.Testing;

/// <summary>Two callers on their own threads who want different things of one execution: one gets its way.</summary>
internal sealed class CrossingConformance(StoreHarness harness) : ConcurrentTest(harness)
{
    [Case]
    public async Task No_wake_up_is_lost_between_suspending_and_cancelling()
    {
        var worker = await JoinAsync();
        var client = await Harness.OpenAsync();
        for (var round = 0; round < 60; round++)
        {
            var row = await StartClaimedAsync(worker);
            OperationAnswer suspended = default, cancelled = default;

            await Threads.RunAsync(
                async () => suspended = await worker.CommitAsync(Make.Wait(row)),
                async () => cancelled = (await client.CommitAsync(
                    new CommitBatch(SessionId.None, [Make.Cancel(row.Id)]), Token)).Answers[0]);

            Assert.Equal(AnswerKind.Requested, cancelled.Kind);
            var after = await RowAsync(row.Id);
            Assert.Equal((1L, ExecutionRequests.Cancel), (after.Mail, after.Requests));
            if (suspended.Kind == AnswerKind.Continue)
            {
                Assert.Equal(worker.Session, after.Owner);
                await worker.ApplyAsync(Make.Finish(row));
            }
            else
            {
                Assert.Equal((AnswerKind.Applied, Now), (suspended.Kind, after.DueAt));
                await worker.ApplyAsync(Make.Finish(await worker.ClaimOneAsync()));
            }
        }
    }

    [Case]
    public async Task Finishing_and_cancelling_end_an_execution_once()
    {
        var worker = await JoinAsync();
        var client = await Harness.OpenAsync();
        for (var round = 0; round < 60; round++)
        {
            var row = await StartClaimedAsync(worker);
            OperationAnswer cancelled = default;

            await Threads.RunAsync(
                () => worker.ApplyAsync(Make.Finish(row)),
                async () => cancelled = (await client.CommitAsync(
                    new CommitBatch(SessionId.None, [Make.Cancel(row.Id)]), Token)).Answers[0]);

            Assert.Contains(cancelled.Kind, new[] { AnswerKind.Requested, AnswerKind.AlreadyEnded });
            var after = await RowAsync(row.Id);
            Assert.Equal((ExecutionState.Completed, ExecutionRequests.None), (after.State, after.Requests));
            Assert.Equal(2, (await JournalAsync(row.Id)).Count);
        }
    }

    [Case]
    public async Task Claiming_and_cancelling_agree_on_whether_it_began()
    {
        var worker = await JoinAsync();
        var client = await Harness.OpenAsync();
        for (var round = 0; round < 60; round++)
        {
            var id = await StartAsync();
            ClaimAnswer? claimed = null;
            OperationAnswer cancelled = default;

            await Threads.RunAsync(
                async () => claimed = await worker.ClaimAsync(),
                async () => cancelled = (await client.CommitAsync(
                    new CommitBatch(SessionId.None, [Make.Cancel(id)]), Token)).Answers[0]);

            var late = await worker.ClaimAsync(); // A claim may have skipped the row while the other held its lock.
            var began = claimed!.Executions.Concat(late.Executions).Count();
            Assert.Equal(cancelled.Kind == AnswerKind.Ended ? 0 : 1, began);
            Assert.Contains(cancelled.Kind, new[] { AnswerKind.Ended, AnswerKind.Requested });
            Assert.Equal(
                cancelled.Kind == AnswerKind.Ended ? ExecutionState.Cancelled : ExecutionState.Running,
                (await RowAsync(id)).State);
        }
    }

    [Case]
    public async Task Finishing_and_terminating_end_an_execution_once()
    {
        var worker = await JoinAsync();
        var client = await Harness.OpenAsync();
        for (var round = 0; round < 60; round++)
        {
            var row = await StartClaimedAsync(worker);
            OperationAnswer finished = default, terminated = default;

            await Threads.RunAsync(
                async () => finished = await worker.CommitAsync(Make.Finish(row)),
                async () => terminated = await CommitAsync(client, Make.Terminate(row.Id)));

            var finishedFirst = finished.Kind == AnswerKind.Applied;
            Assert.Equal(finishedFirst ? AnswerKind.Applied : AnswerKind.Fenced, finished.Kind);
            Assert.Equal(finishedFirst ? AnswerKind.AlreadyEnded : AnswerKind.Ended, terminated.Kind);
            Assert.Equal(
                finishedFirst ? ExecutionState.Completed : ExecutionState.Cancelled, (await RowAsync(row.Id)).State);
            Assert.Equal(2, (await JournalAsync(row.Id)).Count);
        }
    }

    [Case]
    public async Task A_checkpoint_and_a_termination_do_not_take_each_other_for_their_own()
    {
        var worker = await JoinAsync();
        var client = await Harness.OpenAsync();
        for (var round = 0; round < 60; round++)
        {
            var row = await StartClaimedAsync(worker);
            var advance = Make.Advance(row, Make.Step(row, 1));
            OperationAnswer advanced = default;

            await Threads.RunAsync(
                async () => advanced = await worker.CommitAsync(advance),
                async () => Assert.Equal(
                    AnswerKind.Ended, (await CommitAsync(client, Make.Terminate(row.Id))).Kind));

            var kinds = (await JournalAsync(row.Id)).Select(entry => entry.Kind);
            Assert.Equal(
                advanced.Kind == AnswerKind.Applied
                    ? [EntryKind.Input, EntryKind.Step, EntryKind.Terminal]
                    : [EntryKind.Input, EntryKind.Terminal],
                kinds);
            Assert.Equal(advanced.Kind, (await worker.CommitAsync(advance)).Kind);
        }
    }

    [Case]
    public async Task Claiming_and_terminating_leave_nothing_owned()
    {
        var worker = await JoinAsync();
        var client = await Harness.OpenAsync();
        for (var round = 0; round < 60; round++)
        {
            var id = await StartAsync();
            ClaimAnswer? claimed = null;

            await Threads.RunAsync(
                async () => claimed = await worker.ClaimAsync(),
                async () => Assert.Equal(AnswerKind.Ended, (await CommitAsync(client, Make.Terminate(id))).Kind));

            foreach (var zombie in claimed!.Executions)
            {
                Assert.Equal(AnswerKind.Fenced, (await worker.CommitAsync(Make.Finish(zombie.Row))).Kind);
            }

            Assert.Equal(ExecutionState.Cancelled, (await RowAsync(id)).State);
            Assert.Empty((await worker.BeatAsync()).Owned);
        }
    }

    [Case]
    public async Task Suspending_until_a_try_and_retrying_lose_no_wish()
    {
        var worker = await JoinAsync();
        var client = await Harness.OpenAsync();
        for (var round = 1; round <= 60; round++)
        {
            var row = await StartClaimedAsync(worker);
            var sleep = Make.Sleep(row, Now.Plus(Hour)) with
            {
                Tries = [Make.Try(row, "charge") with { RetryAt = Now.Plus(Hour) }],
            };
            OperationAnswer retried = default;

            await Threads.RunAsync(
                () => worker.ApplyAsync(sleep),
                async () => retried = await CommitAsync(client, Make.RetryNow(row.Id, 4711)));

            Assert.Contains(retried.Kind, new[] { AnswerKind.Due, AnswerKind.NothingToRetry });
            Assert.Equal(
                retried.Kind == AnswerKind.Due ? Now : Now.Plus(Hour), (await RowAsync(row.Id)).DueAt);
            await CommitAsync(client, Make.Terminate(row.Id));
        }
    }
}
