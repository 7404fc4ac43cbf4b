namespace Hydra.Testing;

/// <summary>How ownership ends: finished, suspended, retried, released or refused.</summary>
internal sealed class SettleConformance(StoreHarness harness) : StoreTest(harness)
{
    [Case(ExecutionState.Completed)]
    [Case(ExecutionState.Failed)]
    [Case(ExecutionState.Cancelled)]
    [Case(ExecutionState.TimedOut)]
    public async Task Finishing_ends_the_execution_for_good(ExecutionState state)
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        Clock.Advance(Second);

        var answer = await worker.CommitAsync(Make.Finish(row, 1, state));

        Assert.Equal((AnswerKind.Applied, state), (answer.Kind, answer.State));
        var expected = row with
        {
            State = state,
            Owner = SessionId.None,
            SettledEpoch = 1,
            LastSeq = 1,
            FinishedAt = Now,
        };
        Assert.Equal(Make.Comparable(expected), await RowAsync(row.Id));
        Assert.Equal(EntryKind.Terminal, (await JournalAsync(row.Id))[^1].Kind);
        Assert.Empty((await worker.BeatAsync()).Owned);
    }

    [Case]
    public async Task Finishing_clears_what_was_asked()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        await CancelAsync(row.Id);

        var answer = await worker.CommitAsync(Make.Finish(row));

        Assert.Equal(AnswerKind.Applied, answer.Kind);
        Assert.Equal(ExecutionRequests.None, (await RowAsync(row.Id)).Requests);
        Assert.Equal(1, (await RowAsync(row.Id)).Mail);
    }

    [Case]
    public async Task What_has_ended_never_changes_again()
    {
        var (worker, other) = (await JoinAsync(), await JoinSweeperAsync("build-2"));
        var row = await StartClaimedAsync(worker, start => start with { Timeout = Minute });
        await worker.ApplyAsync(Make.Finish(row));
        var before = await DumpAsync(row.Id);

        var late = await worker.CommitAsync(Make.Advance(row, Make.Step(row, 2)));
        var cancel = await CancelAsync(row.Id);
        await worker.CloseAsync();
        await PassAsync(Hour, other);
        await other.MaintainAsync();
        var claim = await other.ClaimAsync();

        Assert.Equal(AnswerKind.Fenced, late.Kind);
        Assert.Equal(AnswerKind.AlreadyEnded, cancel.Kind);
        Assert.Empty(claim.Executions);
        Assert.Equal(before, await DumpAsync(row.Id));
    }

    [Case]
    public async Task A_sleeper_is_due_when_it_wakes()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);

        var answer = await worker.CommitAsync(Make.Sleep(row, Now.Plus(Minute), 0, Make.Step(row, 1)));

        Assert.Equal((AnswerKind.Applied, ExecutionState.Sleeping), (answer.Kind, answer.State));
        var expected = row with
        {
            State = ExecutionState.Sleeping,
            Owner = SessionId.None,
            SettledEpoch = 1,
            LastSeq = 1,
            DueAt = Now.Plus(Minute),
        };
        Assert.Equal(expected, await RowAsync(row.Id));
        Assert.Empty((await worker.BeatAsync()).Owned);
    }

    [Case]
    public async Task What_waits_for_no_time_is_due_never()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);

        await worker.ApplyAsync(Make.Wait(row));

        var settled = await RowAsync(row.Id);
        Assert.Equal((ExecutionState.Waiting, Instant.Never), (settled.State, settled.DueAt));
    }

    [Case]
    public async Task Waking_in_the_past_means_now()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        Clock.Advance(Minute);

        await worker.ApplyAsync(Make.Sleep(row, Now.Plus(-Second)));

        Assert.Equal(Now, (await RowAsync(row.Id)).DueAt);
        Assert.Equal(row.Id, (await worker.ClaimOneAsync()).Id);
    }

    [Case]
    public async Task The_deadline_wakes_what_would_sleep_longer()
    {
        var worker = await JoinAsync();
        var sleeping = await StartClaimedAsync(worker, start => start with { Timeout = Minute });
        var waiting = await StartClaimedAsync(worker, start => start with { Timeout = Minute });
        var early = await StartClaimedAsync(worker, start => start with { Timeout = Minute });

        await worker.CommitAsync(
            Make.Sleep(sleeping, Now.Plus(Hour)), Make.Wait(waiting), Make.Sleep(early, Now.Plus(Second)));

        Assert.Equal(Now.Plus(Minute), (await RowAsync(sleeping.Id)).DueAt);
        Assert.Equal(Now.Plus(Minute), (await RowAsync(waiting.Id)).DueAt);
        Assert.Equal(Now.Plus(Second), (await RowAsync(early.Id)).DueAt);
    }

    [Case]
    public async Task Past_its_deadline_a_sleeper_is_due_now()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker, start => start with { Timeout = Minute });
        Clock.Advance(Minute * 2);

        await worker.ApplyAsync(Make.Sleep(row, Now.Plus(Hour)));

        Assert.Equal(Now, (await RowAsync(row.Id)).DueAt);
    }

    [Case]
    public async Task A_deadline_that_was_delivered_wakes_nobody_again()
    {
        // Otherwise the cleanup of a timed-out workflow could not sleep: it would be due at once, for ever.
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker, start => start with { Timeout = Minute });
        Clock.Advance(Minute);
        await worker.ApplyAsync(Make.Advance(row, Make.Entry(row, 1, EntryKind.Timeout)));

        await worker.ApplyAsync(Make.Sleep(row, Now.Plus(Hour), 0, Make.Step(row, 2)));

        Assert.Equal(Now.Plus(Hour), (await RowAsync(row.Id)).DueAt);
    }

    [Case]
    public async Task Suspending_is_refused_when_mail_has_moved_but_the_entries_are_kept()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        await CancelAsync(row.Id);
        var before = await RowAsync(row.Id);

        var answer = await worker.CommitAsync(Make.Sleep(row, Now.Plus(Hour), 0, Make.Step(row, 1)));

        Assert.Equal((AnswerKind.Continue, ExecutionState.Running), (answer.Kind, answer.State));
        Assert.Equal((1L, ExecutionRequests.Cancel), (answer.Mail, answer.Requests));
        Assert.Equal(before, await RowAsync(row.Id));
        Assert.Equal(2, (await JournalAsync(row.Id)).Count);
        await worker.ApplyAsync(Make.Finish(row, seq: 2));
    }

    [Case]
    public async Task Suspending_is_granted_when_the_mail_was_seen()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        await CancelAsync(row.Id);

        var answer = await worker.CommitAsync(Make.Wait(row, mailSeen: 1));

        Assert.Equal((AnswerKind.Applied, ExecutionState.Waiting), (answer.Kind, answer.State));
    }

    [Case]
    public async Task Mail_holds_back_no_other_settlement()
    {
        var worker = await JoinAsync();
        var rows = new List<ExecutionRow>();
        for (var i = 0; i < 4; i++)
        {
            rows.Add(await StartClaimedAsync(worker));
            await CancelAsync(rows[i].Id);
        }

        var answers = await worker.CommitAsync(
            Make.Finish(rows[0]), Make.Retry(rows[1], Second), Make.Release(rows[2]), Make.Refuse(rows[3], "build-1"));

        Assert.All(answers, answer => Assert.Equal(AnswerKind.Applied, answer.Kind));
    }

    [Case]
    public async Task A_retry_is_the_next_attempt_after_its_delay()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);

        var answer = await worker.CommitAsync(Make.Retry(row, Minute, Make.Entry(row, 1, EntryKind.AttemptFailed)));

        Assert.Equal((AnswerKind.Applied, ExecutionState.Pending), (answer.Kind, answer.State));
        var expected = row with
        {
            State = ExecutionState.Pending,
            Owner = SessionId.None,
            SettledEpoch = 1,
            LastSeq = 1,
            Attempt = 2,
            DueAt = Now.Plus(Minute),
        };
        Assert.Equal(expected, await RowAsync(row.Id));
        Clock.Advance(Minute);
        var next = await worker.ClaimOneAsync();
        Assert.Equal((2, 2L), (next.Attempt, next.Epoch));
    }

    [Case]
    public async Task A_retry_is_due_at_the_deadline_at_the_latest()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker, start => start with { Timeout = Minute });

        await worker.ApplyAsync(Make.Retry(row, Hour));

        Assert.Equal(Now.Plus(Minute), (await RowAsync(row.Id)).DueAt);
    }

    [Case]
    public async Task A_retry_of_what_is_to_be_cancelled_is_due_now()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        await CancelAsync(row.Id);

        await worker.ApplyAsync(Make.Retry(row, Hour));

        Assert.Equal(Now, (await RowAsync(row.Id)).DueAt);
        Assert.Equal(ExecutionRequests.Cancel, (await worker.ClaimOneAsync()).Requests);
    }

    [Case]
    public async Task A_retry_without_delay_is_due_now()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);

        await worker.ApplyAsync(Make.Retry(row, TimeSpan.Zero));

        Assert.Equal(Now, (await RowAsync(row.Id)).DueAt);
    }

    [Case]
    public async Task A_released_execution_is_due_at_once_and_nothing_is_counted()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker, start => start with { Timeout = Hour });
        Clock.Advance(Second);

        var answer = await worker.CommitAsync(Make.Release(row, Make.Step(row, 1)));

        Assert.Equal((AnswerKind.Applied, ExecutionState.Pending), (answer.Kind, answer.State));
        var expected = row with
        {
            State = ExecutionState.Pending,
            Owner = SessionId.None,
            SettledEpoch = 1,
            LastSeq = 1,
            DueAt = Now,
        };
        Assert.Equal(expected, await RowAsync(row.Id));
        Assert.Empty(await Queries.ReadCrashesAsync(row.Id, Token));
    }

    [Case]
    public async Task A_refused_execution_is_blocked_and_the_refusal_recorded()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);

        var answer = await worker.CommitAsync(Make.Refuse(row, "build-1"));

        Assert.Equal((AnswerKind.Applied, ExecutionState.Blocked), (answer.Kind, answer.State));
        var expected = row with
        {
            State = ExecutionState.Blocked,
            BlockedReason = BlockedReason.Mismatch,
            Owner = SessionId.None,
            SettledEpoch = 1,
            DueAt = Instant.Never,
        };
        Assert.Equal(expected, await RowAsync(row.Id));
        Assert.Equal(
            [new RefusalRow("build-1", Make.Failure, Now)], await Queries.ReadRefusalsAsync(row.Id, Token));
    }

    [Case]
    public async Task Every_settlement_records_its_epoch_and_how_far_the_journal_goes()
    {
        var worker = await JoinAsync();
        var first = await StartClaimedAsync(worker);
        await worker.ApplyAsync(Make.Release(first, Make.Step(first, 1), Make.Step(first, 2)));
        var second = await worker.ClaimOneAsync();

        await worker.ApplyAsync(Make.Wait(second, 0, Make.Step(second, 3)));

        Assert.Equal((2, 1), (second.LastSeq, second.SettledEpoch));
        var row = await RowAsync(first.Id);
        Assert.Equal((3, 2), (row.LastSeq, row.SettledEpoch));
    }

    [Case]
    public async Task A_last_seq_that_the_owner_does_not_know_is_looked_up()
    {
        var worker = await JoinAsync();
        var rows = new List<ExecutionRow>();
        for (var i = 0; i < 5; i++)
        {
            rows.Add(await StartClaimedAsync(worker));
            await worker.ApplyAsync(Make.Advance(rows[i], Make.Step(rows[i], 1), Make.Step(rows[i], 2)));
        }

        await worker.CommitAsync(
            Settle(rows[0], new Settlement.Suspended(ExecutionState.Waiting, Instant.Never, MailSeen: 0)
            {
                LastSeq = Settlement.Unknown,
            }),
            Settle(rows[1], new Settlement.Retry(Second) { LastSeq = Settlement.Unknown }),
            Settle(rows[2], new Settlement.Released { LastSeq = Settlement.Unknown }),
            Settle(rows[3], new Settlement.Refused("build-1", Make.Failure) { LastSeq = Settlement.Unknown }),
            Settle(rows[4], new Settlement.Finished(ExecutionState.Failed) { LastSeq = Settlement.Unknown }));

        foreach (var row in rows)
        {
            var settled = await RowAsync(row.Id);
            Assert.Equal((2, 1), (settled.LastSeq, settled.SettledEpoch));
        }

        static AdvanceOperation Settle(ExecutionRow row, Settlement settlement) =>
            Make.Advance(row) with { Settlement = settlement };
    }

    [Case]
    public async Task Undelivered_requests_survive_a_settlement_that_is_not_the_end()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        await CancelAsync(row.Id);

        await worker.ApplyAsync(Make.Release(row));

        var claimed = await worker.ClaimOneAsync();
        Assert.Equal((ExecutionRequests.Cancel, 1L), (claimed.Requests, claimed.Mail));
    }
}
