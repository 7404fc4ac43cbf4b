namespace Hydra.Testing;

/// <summary>What a cancellation does to an execution, wherever in its life it meets it.</summary>
internal sealed class CancelConformance(StoreHarness harness) : StoreTest(harness)
{
    [Case]
    public async Task An_unknown_execution_is_not_found()
    {
        var id = NewId();

        var answer = await CancelAsync(id);

        Assert.Equal((AnswerKind.NotFound, id), (answer.Kind, answer.Id));
        Assert.Null(await Queries.FindAsync(id, Token));
        Assert.Empty(await JournalAsync(id));
    }

    [Case]
    public async Task What_never_began_ends_at_once()
    {
        var id = await StartAsync(start => start with { Timeout = Hour });
        var before = await RowAsync(id);
        Clock.Advance(Second);

        var answer = await CancelAsync(id);

        Assert.Equal((AnswerKind.Ended, ExecutionState.Cancelled), (answer.Kind, answer.State));
        var expected = before with { State = ExecutionState.Cancelled, Epoch = 1, LastSeq = 1, FinishedAt = Now };
        Assert.Equal(Make.Comparable(expected), await RowAsync(id));
        var entry = (await JournalAsync(id))[1];
        Assert.Equal((1L, EntryKind.Terminal, true, 1L), (entry.Seq, entry.Kind, entry.Failed, entry.Epoch));
        Assert.Equal(Make.Failure, entry.Output);
        Assert.Equal(Now, entry.At);
        Assert.Empty(await (await JoinAsync()).ClaimIdsAsync());
    }

    [Case]
    public async Task What_was_to_begin_later_ends_at_once()
    {
        var id = await StartAsync(start => start with { Delay = Hour });

        var answer = await CancelAsync(id);

        Assert.Equal((AnswerKind.Ended, ExecutionState.Cancelled), (answer.Kind, answer.State));
        Assert.Equal(Instant.Never, (await (await JoinAsync()).ClaimAsync()).NextDue);
    }

    [Case]
    public async Task What_is_between_attempts_ends_at_once()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        var failed = Make.Entry(row, 2, EntryKind.AttemptFailed);
        await worker.ApplyAsync(Make.Retry(row, Minute, Make.Step(row, 1), failed));

        var answer = await CancelAsync(row.Id);

        Assert.Equal((AnswerKind.Ended, ExecutionState.Cancelled), (answer.Kind, answer.State));
        var ended = await RowAsync(row.Id);
        Assert.Equal((3L, 2L, (Instant?)Now), (ended.LastSeq, ended.Epoch, ended.FinishedAt));
        var entry = (await JournalAsync(row.Id))[^1];
        Assert.Equal((3L, EntryKind.Terminal, 2L), (entry.Seq, entry.Kind, entry.Epoch));
        Assert.Equal(Make.Failure, entry.Output);
        Clock.Advance(Hour);
        Assert.Empty(await worker.ClaimIdsAsync());
    }

    [Case]
    public async Task The_entry_of_an_end_is_never_earlier_than_the_one_before()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        var ahead = Make.Entry(row, 1, EntryKind.AttemptFailed) with { At = Now.Plus(Second) };
        await worker.ApplyAsync(Make.Retry(row, Minute, ahead));

        await CancelAsync(row.Id);

        Assert.Equal(Now.Plus(Second), (await JournalAsync(row.Id))[^1].At);
    }

    [Case]
    public async Task What_has_ended_stays_as_it_is()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        await worker.ApplyAsync(Make.Finish(row));
        var before = await DumpAsync(row.Id);

        var answer = await CancelAsync(row.Id);

        Assert.Equal((AnswerKind.AlreadyEnded, ExecutionState.Completed), (answer.Kind, answer.State));
        Assert.Equal(before, await DumpAsync(row.Id));
    }

    [Case]
    public async Task What_runs_is_told_through_its_mail()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);

        var answer = await CancelAsync(row.Id);

        Assert.Equal((AnswerKind.Requested, ExecutionState.Running), (answer.Kind, answer.State));
        Assert.Equal(
            Make.Comparable(row with { Requests = ExecutionRequests.Cancel, Mail = 1 }), await RowAsync(row.Id));
        Assert.Equal(
            [new OwnedExecution(row.Id, 1, 1, ExecutionRequests.Cancel)], (await worker.BeatAsync()).Owned);
    }

    [Case]
    public async Task What_was_started_directly_is_told_too()
    {
        var worker = await JoinAsync();
        var start = NewStart() with { Owner = worker.Session };
        await worker.CommitAsync(start);

        Assert.Equal(AnswerKind.Requested, (await CancelAsync(start.Id)).Kind);
    }

    [Case]
    public async Task Asking_again_brings_no_further_mail()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        await CancelAsync(row.Id);
        var before = await DumpAsync(row.Id);

        var answer = await CancelAsync(row.Id);

        Assert.Equal(AnswerKind.Requested, answer.Kind);
        Assert.Equal(before, await DumpAsync(row.Id));
    }

    [Case]
    public async Task Asking_after_the_delivery_is_mail_again()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        await CancelAsync(row.Id);
        await worker.ApplyAsync(Make.Advance(row, Make.Entry(row, 1, EntryKind.Cancellation)) with
        {
            Delivered = ExecutionRequests.Cancel,
        });

        var answer = await CancelAsync(row.Id);

        Assert.Equal(AnswerKind.Requested, answer.Kind);
        var asked = await RowAsync(row.Id);
        Assert.Equal((2L, ExecutionRequests.Cancel), (asked.Mail, asked.Requests));
    }

    [Case]
    public async Task A_sleeper_is_due_at_once_and_hears_of_it()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        await worker.ApplyAsync(Make.Sleep(row, Now.Plus(Hour)));
        Clock.Advance(Second);

        var answer = await CancelAsync(row.Id);

        Assert.Equal((AnswerKind.Requested, ExecutionState.Sleeping), (answer.Kind, answer.State));
        var asked = await RowAsync(row.Id);
        Assert.Equal((ExecutionState.Sleeping, Now), (asked.State, asked.DueAt));
        var claimed = await worker.ClaimOneAsync();
        Assert.Equal((1L, ExecutionRequests.Cancel), (claimed.Mail, claimed.Requests));
    }

    [Case]
    public async Task What_waits_for_no_time_is_due_at_once()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        await worker.ApplyAsync(Make.Wait(row));

        var answer = await CancelAsync(row.Id);

        Assert.Equal((AnswerKind.Requested, ExecutionState.Waiting), (answer.Kind, answer.State));
        Assert.Equal(ExecutionRequests.Cancel, (await worker.ClaimOneAsync()).Requests);
    }

    [Case]
    public async Task What_was_handed_back_hears_of_it_instead_of_ending()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        await worker.ApplyAsync(Make.Release(row));

        var answer = await CancelAsync(row.Id);

        Assert.Equal((AnswerKind.Requested, ExecutionState.Pending), (answer.Kind, answer.State));
        var claimed = await worker.ClaimOneAsync();
        Assert.Equal((1L, ExecutionRequests.Cancel), (claimed.Mail, claimed.Requests));
    }

    [Case]
    public async Task What_a_later_attempt_handed_back_hears_of_it_instead_of_ending()
    {
        var worker = await JoinAsync();
        var first = await StartClaimedAsync(worker);
        await worker.ApplyAsync(Make.Retry(first, TimeSpan.Zero));
        await worker.ApplyAsync(Make.Release(await worker.ClaimOneAsync()));

        Assert.Equal(AnswerKind.Requested, (await CancelAsync(first.Id)).Kind);
    }

    [Case]
    public async Task What_a_closing_worker_handed_back_hears_of_it_instead_of_ending()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        await worker.CloseAsync();

        Assert.Equal(AnswerKind.Requested, (await CancelAsync(row.Id)).Kind);
    }

    [Case]
    public async Task What_lost_its_worker_hears_of_it_instead_of_ending()
    {
        var (victim, sweeper) = (await JoinAsync(), await JoinSweeperAsync());
        var row = await StartClaimedAsync(victim);
        await PassAsync(Worker.ClaimTimeout, sweeper);
        await sweeper.MaintainAsync();

        var answer = await CancelAsync(row.Id);

        Assert.Equal((AnswerKind.Requested, ExecutionState.Pending), (answer.Kind, answer.State));
        Assert.Equal(ExecutionRequests.Cancel, (await sweeper.ClaimOneAsync()).Requests);
    }

    [Case]
    public async Task What_is_blocked_keeps_the_request_until_it_is_not()
    {
        var (worker, newer) = (await JoinAsync(), await JoinAsync("newer", "build-2"));
        var row = await StartClaimedAsync(worker);
        await worker.ApplyAsync(Make.Refuse(row, "build-1"));

        var answer = await CancelAsync(row.Id);
        var again = await CancelAsync(row.Id);

        Assert.Equal((AnswerKind.Blocked, ExecutionState.Blocked), (answer.Kind, answer.State));
        Assert.Equal(AnswerKind.Blocked, again.Kind);
        var blocked = await RowAsync(row.Id);
        Assert.Equal(
            (ExecutionState.Blocked, Instant.Never, 1L, ExecutionRequests.Cancel),
            (blocked.State, blocked.DueAt, blocked.Mail, blocked.Requests));
        await newer.MaintainAsync();
        Assert.Equal(ExecutionRequests.Cancel, (await newer.ClaimOneAsync()).Requests);
    }

    [Case]
    public async Task A_cancellation_that_comes_first_keeps_the_execution_from_suspending()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);

        var answers = await worker.CommitAsync(Make.Cancel(row.Id), Make.Wait(row));

        Assert.Equal([AnswerKind.Requested, AnswerKind.Continue], answers.Select(answer => answer.Kind));
    }

    [Case]
    public async Task A_cancellation_that_comes_second_makes_the_suspended_execution_due()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);

        var answers = await worker.CommitAsync(Make.Wait(row), Make.Cancel(row.Id));

        Assert.Equal([AnswerKind.Applied, AnswerKind.Requested], answers.Select(answer => answer.Kind));
        Assert.Equal(Now, (await RowAsync(row.Id)).DueAt);
    }

    [Case]
    public async Task A_start_may_be_cancelled_in_its_own_batch()
    {
        var start = NewStart();

        var answers = await CommitAsync(start, Make.Cancel(start.Id));

        Assert.Equal([AnswerKind.Started, AnswerKind.Ended], answers.Select(answer => answer.Kind));
        Assert.Equal(ExecutionState.Cancelled, (await RowAsync(start.Id)).State);
    }
}
