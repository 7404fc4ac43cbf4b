namespace Hydra.Testing;

/// <summary>How journals grow: only by their owner, without gaps, and a batch as a whole or not at all.</summary>
internal sealed class AdvanceConformance(StoreHarness harness) : StoreTest(harness)
{
    [Case]
    public async Task Entries_are_read_back_as_they_were_written()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        var full = new JournalEntry
        {
            Seq = 1,
            Kind = EntryKind.Step,
            Key = "charge#2",
            Position = 3,
            Ordinal = 4,
            Failed = true,
            Input = Make.Text("\"in\""),
            Output = Make.Failure,
            At = Now.Plus(Second),
            StartedAt = Now,
            Attempt = 5,
            Epoch = row.Epoch,
            OriginSeq = 6,
            Worker = "worker-7",
        };
        var bare = new JournalEntry { Seq = 2, Kind = EntryKind.Sleep, At = Now, Epoch = row.Epoch };

        await worker.ApplyAsync(Make.Advance(row, full, bare));

        Assert.Equal([full, bare], (await JournalAsync(row.Id)).Skip(1));
    }

    [Case]
    public async Task Every_kind_of_entry_is_kept()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        var entries = Enum.GetValues<EntryKind>()
            .Where(kind => kind is not EntryKind.Input)
            .Select((kind, index) => Make.Entry(row, index + 1, kind))
            .ToArray();

        await worker.ApplyAsync(Make.Advance(row, entries));

        Assert.Equal(entries, (await JournalAsync(row.Id)).Skip(1));
    }

    [Case]
    public async Task An_advance_leaves_the_row_alone()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        var before = await RowAsync(row.Id);

        await worker.ApplyAsync(Make.Advance(row, Make.Step(row, 1)));

        Assert.Equal(before, await RowAsync(row.Id));
    }

    [Case]
    public async Task An_advance_answers_mail_requests_and_state()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        await CancelAsync(row.Id);

        var answer = await worker.CommitAsync(Make.Advance(row));

        Assert.Equal(AnswerKind.Applied, answer.Kind);
        Assert.Equal(row.Id, answer.Id);
        Assert.Equal(1, answer.Mail);
        Assert.Equal(ExecutionRequests.Cancel, answer.Requests);
        Assert.Equal(ExecutionState.Running, answer.State);
    }

    [Case]
    public async Task A_delivered_request_is_cleared()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        await CancelAsync(row.Id);
        var delivery = Make.Advance(row, Make.Entry(row, 1, EntryKind.Cancellation));

        var answer = await worker.CommitAsync(delivery with { Delivered = ExecutionRequests.Cancel });

        Assert.Equal(ExecutionRequests.None, answer.Requests);
        Assert.Equal(1, answer.Mail);
        Assert.Equal(ExecutionRequests.None, (await RowAsync(row.Id)).Requests);
        Assert.Equal(1, (await RowAsync(row.Id)).Mail);
    }

    [Case]
    public async Task Another_session_is_fenced()
    {
        var (owner, other) = (await JoinAsync(), await JoinAsync());
        var row = await StartClaimedAsync(owner);
        var before = await DumpAsync(row.Id);

        var answer = await other.CommitAsync(
            Make.Finish(row) with { Tries = [Make.Try(row, "charge")] });

        Assert.Equal(AnswerKind.Fenced, answer.Kind);
        Assert.Equal(before, await DumpAsync(row.Id));
    }

    [Case]
    public async Task An_earlier_epoch_of_the_same_session_is_fenced()
    {
        var worker = await JoinAsync();
        var earlier = await StartClaimedAsync(worker);
        await worker.ApplyAsync(Make.Release(earlier));
        await worker.ClaimOneAsync();
        var before = await DumpAsync(earlier.Id);

        var answer = await worker.CommitAsync(Make.Advance(earlier, Make.Step(earlier, 1)));

        Assert.Equal(AnswerKind.Fenced, answer.Kind);
        Assert.Equal(before, await DumpAsync(earlier.Id));
    }

    [Case]
    public async Task A_later_epoch_is_fenced()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);

        var answer = await worker.CommitAsync(Make.Advance(row with { Epoch = 2 }, Make.Step(row, 1)));

        Assert.Equal(AnswerKind.Fenced, answer.Kind);
        Assert.Single(await JournalAsync(row.Id));
    }

    [Case]
    public async Task What_is_not_owned_cannot_be_advanced_by_nobody()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        await worker.ApplyAsync(Make.Release(row));

        var answer = await CommitAsync(Make.Advance(row, Make.Step(row, 1)));

        Assert.Equal(AnswerKind.Fenced, answer.Kind);
        Assert.Single(await JournalAsync(row.Id));
    }

    [Case]
    public async Task What_nobody_has_claimed_cannot_be_advanced()
    {
        var worker = await JoinAsync();
        var row = await RowAsync(await StartAsync());

        var answer = await worker.CommitAsync(Make.Advance(row, Make.Step(row, 1)));

        Assert.Equal(AnswerKind.Fenced, answer.Kind);
        Assert.Single(await JournalAsync(row.Id));
    }

    [Case]
    public async Task An_unknown_execution_is_fenced()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        var unknown = row with { Id = NewId() };

        var answer = await worker.CommitAsync(Make.Advance(unknown, Make.Step(unknown, 1)));

        Assert.Equal(AnswerKind.Fenced, answer.Kind);
        Assert.Empty(await JournalAsync(unknown.Id));
    }

    [Case]
    public async Task A_settled_execution_cannot_be_advanced()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        await worker.ApplyAsync(Make.Sleep(row, Now.Plus(Hour)));
        var before = await DumpAsync(row.Id);

        var answer = await worker.CommitAsync(Make.Advance(row, Make.Step(row, 1)));

        Assert.Equal(AnswerKind.Fenced, answer.Kind);
        Assert.Equal(before, await DumpAsync(row.Id));
    }

    [Case]
    public async Task A_gap_behind_the_journal_is_refused_and_leaves_nothing()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        var before = await DumpAsync(row.Id);

        var gap = await AssertDeterministicAsync(() => worker.CommitAsync(Make.Advance(row, Make.Step(row, 2))));

        Assert.True(gap.JournalDiffers);
        Assert.Equal(before, await DumpAsync(row.Id));
    }

    [Case]
    public async Task What_another_owner_wrote_or_where_the_journal_does_not_end_is_told_from_values_that_are_refused()
    {
        var (first, second) = (await JoinAsync(), await JoinAsync());
        var lost = await StartClaimedAsync(first);
        await first.ApplyAsync(Make.Advance(lost, Make.Step(lost, 1)));
        await first.ApplyAsync(Make.Settle(lost, _ => new Settlement.Released { LastSeq = 1 }));
        var row = await second.ClaimOneAsync();
        var before = await DumpAsync(row.Id);

        var there = await AssertDeterministicAsync(() => second.CommitAsync(Make.Advance(row, Make.Step(row, 1))));
        var ends = await AssertDeterministicAsync(() => second.CommitAsync(
            Make.Settle(row, _ => new Settlement.Released { LastSeq = 0 })));
        var text = await AssertDeterministicAsync(
            () => second.CommitAsync(Make.Advance(row, Make.Step(row, 2) with { Key = "\ud800" })));

        Assert.Equal((true, true, false), (there.JournalDiffers, ends.JournalDiffers, text.JournalDiffers));
        Assert.Equal(before, await DumpAsync(row.Id));
    }

    [Case]
    public async Task A_gap_between_advances_of_one_batch_is_refused()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        var before = await DumpAsync(row.Id);

        await AssertDeterministicAsync(() => worker.CommitAsync(
            Make.Advance(row, Make.Step(row, 1)), Make.Advance(row, Make.Step(row, 3))));

        Assert.Equal(before, await DumpAsync(row.Id));
    }

    [Case]
    public async Task One_bad_operation_undoes_the_whole_batch()
    {
        var worker = await JoinAsync();
        var (finishing, sleeping, broken) = (
            await StartClaimedAsync(worker), await StartClaimedAsync(worker), await StartClaimedAsync(worker));
        var (started, direct, waiting) = (NewId("order-1"), NewId(), await StartAsync());
        var before = await Dump.NamespaceAsync(Queries, Token);

        await AssertDeterministicAsync(() => worker.CommitAsync(
            Make.Start(started, "order-1"),
            Make.Start(direct) with { Owner = worker.Session },
            Make.Cancel(waiting),
            Make.Finish(finishing) with { Tries = [Make.Try(finishing, "charge")] },
            Make.Sleep(sleeping, Now.Plus(Hour), 0, Make.Step(sleeping, 1)),
            Make.Advance(broken, Make.Step(broken, 5))));

        Assert.Equal(before, await Dump.NamespaceAsync(Queries, Token));
        Assert.Null(await Queries.FindByKeyAsync("order-1", Token));
        Assert.Equal(3, (await worker.BeatAsync()).Owned.Count);
        Assert.Equal([waiting], await worker.ClaimIdsAsync());
        Assert.Equal(AnswerKind.Started, (await CommitAsync(Make.Start(started, "order-1"))).Kind);
    }

    [Case]
    public async Task A_fenced_operation_does_not_hinder_the_others()
    {
        var worker = await JoinAsync();
        var (lost, kept) = (await StartClaimedAsync(worker), await StartClaimedAsync(worker));
        await worker.ApplyAsync(Make.Release(lost));

        var answers = await worker.CommitAsync(
            Make.Advance(lost, Make.Step(lost, 1)), Make.Advance(kept, Make.Step(kept, 1)));

        Assert.Equal([AnswerKind.Fenced, AnswerKind.Applied], answers.Select(answer => answer.Kind));
        Assert.Equal([lost.Id, kept.Id], answers.Select(answer => answer.Id));
        Assert.Equal(2, (await JournalAsync(kept.Id)).Count);
    }

    [Case]
    public async Task A_gap_in_what_is_fenced_anyway_fails_nobody()
    {
        var worker = await JoinAsync();
        var (lost, kept) = (await StartClaimedAsync(worker), await StartClaimedAsync(worker));
        await worker.ApplyAsync(Make.Release(lost));

        var answers = await worker.CommitAsync(
            Make.Advance(lost, Make.Step(lost, 7)), Make.Advance(kept, Make.Step(kept, 1)));

        Assert.Equal([AnswerKind.Fenced, AnswerKind.Applied], answers.Select(answer => answer.Kind));
    }

    [Case]
    public async Task A_direct_start_and_all_of_its_life_fit_in_one_batch()
    {
        var worker = await JoinAsync();
        var start = NewStart() with { Owner = worker.Session };
        var row = new ExecutionRow
        {
            Id = start.Id,
            Workflow = Make.Workflow,
            State = ExecutionState.Running,
            Epoch = 1,
            CreatedAt = Now,
        };

        var answers = await worker.CommitAsync(
            start,
            Make.Advance(row, Make.Step(row, 1)),
            Make.Advance(row, Make.Step(row, 2), Make.Step(row, 3)),
            Make.Finish(row, seq: 4));

        Assert.Equal(
            [AnswerKind.Started, AnswerKind.Applied, AnswerKind.Applied, AnswerKind.Applied],
            answers.Select(answer => answer.Kind));
        Assert.Equal(ExecutionState.Completed, answers[3].State);
        Assert.Equal([0, 1, 2, 3, 4], (await JournalAsync(start.Id)).Select(entry => entry.Seq));
        Assert.Equal(4, (await RowAsync(start.Id)).LastSeq);
    }

    [Case]
    public async Task Operations_of_many_executions_may_be_mixed_in_one_batch()
    {
        var worker = await JoinAsync();
        var (one, two) = (await StartClaimedAsync(worker), await StartClaimedAsync(worker));

        var answers = await worker.CommitAsync(
            Make.Advance(two, Make.Step(two, 1)),
            Make.Advance(one, Make.Step(one, 1)),
            Make.Finish(two, seq: 2),
            Make.Sleep(one, Now.Plus(Hour), 0, Make.Step(one, 2)));

        Assert.Equal([two.Id, one.Id, two.Id, one.Id], answers.Select(answer => answer.Id));
        Assert.All(answers, answer => Assert.Equal(AnswerKind.Applied, answer.Kind));
        Assert.Equal(ExecutionState.Completed, (await RowAsync(two.Id)).State);
        Assert.Equal(ExecutionState.Sleeping, (await RowAsync(one.Id)).State);
    }

    [Case]
    public async Task Tries_are_kept_by_step_attempt_epoch_and_phase()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        StepTry[] tries =
        [
            Make.Try(row, "charge"),
            Make.Try(row, "charge", 2, TryPhase.Started),
            Make.Try(row, "charge", 2, TryPhase.Failed),
            Make.Try(row, "charge", 2, TryPhase.Abandoned),
            Make.Try(row with { Epoch = row.Epoch + 1 }, "charge", 2, TryPhase.Started),
            Make.Try(row, "ship"),
        ];

        await worker.ApplyAsync(Make.Advance(row) with { Tries = [.. tries.Reverse()] });

        var kept = await Queries.ReadTriesAsync(row.Id, Token);
        Assert.Equal(tries.ToHashSet(), kept.ToHashSet());
        Assert.Equal(
            tries.Select(stepTry => (stepTry.Key, stepTry.Attempt, stepTry.Epoch)),
            kept.Select(stepTry => (stepTry.Key, stepTry.Attempt, stepTry.Epoch)));
    }

    [Case]
    public async Task The_same_try_written_twice_is_one_row()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        var advance = Make.Advance(row) with { Tries = [Make.Try(row, "charge")] };

        await worker.ApplyAsync(advance);
        await worker.ApplyAsync(advance);

        Assert.Equal(advance.Tries, await Queries.ReadTriesAsync(row.Id, Token));
    }

    [Case]
    public async Task Five_hundred_entries_fit_in_one_advance()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        var entries = Enumerable.Range(1, 500).Select(seq => Make.Step(row, seq, $"\"{seq}\"")).ToArray();

        await worker.ApplyAsync(Make.Advance(row, entries));

        Assert.Equal(entries, (await JournalAsync(row.Id)).Skip(1));
    }
}
