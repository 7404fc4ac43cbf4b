namespace Hydra.Testing;

/// <summary>
/// What the identical batch answers when it is submitted again because nobody knows what became of it the first time.
/// </summary>
internal sealed class InDoubtConformance(StoreHarness harness) : StoreTest(harness)
{
    [Case]
    public async Task An_advance_is_applied_once_while_its_owner_holds_on()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        var advance = Make.Advance(row, Make.Step(row, 1), Make.Step(row, 2)) with
        {
            Tries = [Make.Try(row, "charge")],
        };
        await worker.ApplyAsync(advance);
        var before = await DumpAsync(row.Id);

        var again = await worker.CommitAsync(advance);

        Assert.Equal((AnswerKind.Applied, ExecutionState.Running), (again.Kind, again.State));
        Assert.Equal(before, await DumpAsync(row.Id));
        await worker.ApplyAsync(Make.Advance(row, Make.Step(row, 3)));
    }

    [Case]
    public async Task An_advance_is_applied_though_later_ones_follow_it()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        var first = Make.Advance(row, Make.Step(row, 1));
        await worker.CommitAsync(first, Make.Advance(row, Make.Step(row, 2)));
        var before = await DumpAsync(row.Id);

        Assert.Equal(AnswerKind.Applied, (await worker.CommitAsync(first)).Kind);
        Assert.Equal(before, await DumpAsync(row.Id));
    }

    [Case]
    public async Task A_settlement_of_any_kind_is_applied_once()
    {
        var worker = await JoinAsync();
        var rows = new List<ExecutionRow>();
        for (var i = 0; i < 6; i++)
        {
            rows.Add(await StartClaimedAsync(worker));
        }

        StoreOperation[] batch =
        [
            Make.Finish(rows[0]),
            Make.Sleep(rows[1], Now.Plus(Hour), 0, Make.Step(rows[1], 1)),
            Make.Wait(rows[2]),
            Make.Retry(rows[3], Minute, Make.Entry(rows[3], 1, EntryKind.AttemptFailed)),
            Make.Release(rows[4]),
            Make.Refuse(rows[5], "build-1"),
        ];
        var first = await worker.CommitAsync(batch);
        var before = await Dump.NamespaceAsync(Queries, Token);
        Clock.Advance(Second);

        var again = await worker.CommitAsync(batch);

        Assert.All(first.Concat(again), answer => Assert.Equal(AnswerKind.Applied, answer.Kind));
        Assert.Equal(first.Select(answer => answer.State), again.Select(answer => answer.State));
        Assert.Equal(before, await Dump.NamespaceAsync(Queries, Token));
    }

    [Case]
    public async Task A_settlement_is_applied_though_another_has_claimed_since()
    {
        var (worker, other) = (await JoinAsync(), await JoinAsync());
        var row = await StartClaimedAsync(worker);
        var release = Make.Release(row);
        await worker.ApplyAsync(release);
        await other.ClaimOneAsync();
        var before = await DumpAsync(row.Id);

        Assert.Equal(AnswerKind.Applied, (await worker.CommitAsync(release)).Kind);
        Assert.Equal(before, await DumpAsync(row.Id));
    }

    [Case]
    public async Task A_settlement_with_entries_is_applied_though_another_has_settled_since()
    {
        var (worker, other) = (await JoinAsync(), await JoinAsync());
        var row = await StartClaimedAsync(worker);
        var release = Make.Release(row, Make.Step(row, 1));
        await worker.ApplyAsync(release);
        await other.ApplyAsync(Make.Finish(await other.ClaimOneAsync(), seq: 2));
        var before = await DumpAsync(row.Id);

        Assert.Equal(AnswerKind.Applied, (await worker.CommitAsync(release)).Kind);
        Assert.Equal(before, await DumpAsync(row.Id));
    }

    [Case]
    public async Task An_advance_that_landed_is_applied_though_its_owner_died_since()
    {
        var (victim, sweeper) = (await JoinAsync(), await JoinSweeperAsync());
        var row = await StartClaimedAsync(victim);
        var advance = Make.Advance(row, Make.Step(row, 1));
        await victim.ApplyAsync(advance);
        await PassAsync(Worker.ClaimTimeout, sweeper);
        await sweeper.MaintainAsync();
        var before = await DumpAsync(row.Id);

        Assert.Equal(AnswerKind.Applied, (await victim.CommitAsync(advance)).Kind);
        Assert.Equal(before, await DumpAsync(row.Id));
    }

    [Case]
    public async Task An_advance_that_never_landed_is_fenced_after_its_owner_died()
    {
        var (victim, sweeper) = (await JoinAsync(), await JoinSweeperAsync());
        var row = await StartClaimedAsync(victim);
        await PassAsync(Worker.ClaimTimeout, sweeper);
        await sweeper.MaintainAsync();
        var before = await DumpAsync(row.Id);

        var answers = await victim.CommitAsync(
            Make.Advance(row, Make.Step(row, 1)), Make.Release(row), Make.Finish(row));

        Assert.All(answers, answer => Assert.Equal(AnswerKind.Fenced, answer.Kind));
        Assert.Equal(before, await DumpAsync(row.Id));
    }

    [Case]
    public async Task An_entry_of_another_epoch_at_the_same_seq_is_no_proof()
    {
        var (victim, sweeper) = (await JoinAsync(), await JoinSweeperAsync());
        var row = await StartClaimedAsync(victim);
        await PassAsync(Worker.ClaimTimeout, sweeper);
        await sweeper.MaintainAsync();
        var next = await sweeper.ClaimOneAsync();
        await sweeper.ApplyAsync(Make.Advance(next, Make.Step(next, 1)));
        var before = await DumpAsync(row.Id);

        var answers = await victim.CommitAsync(Make.Advance(row, Make.Step(row, 1)), Make.Finish(row));

        Assert.All(answers, answer => Assert.Equal(AnswerKind.Fenced, answer.Kind));
        Assert.Equal(before, await DumpAsync(row.Id));
    }

    /// <summary>
    /// A database that lost its last commits gave the epoch of one owner to another, and both wrote the same seq.
    /// </summary>
    [Case]
    public async Task An_entry_of_another_owner_under_the_same_epoch_is_no_proof()
    {
        var (worker, other) = (await JoinAsync(), await JoinAsync());
        var row = await StartClaimedAsync(worker);
        var there = Make.Step(row, 1);
        await worker.ApplyAsync(Make.Release(row, there));
        var before = await DumpAsync(row.Id);
        var lost = there with { At = new Instant(there.At.Micros + 1), Output = Make.Text("3"), Worker = "other" };

        var answers = await other.CommitAsync(Make.Advance(row, lost), Make.Release(row, lost));

        Assert.All(answers, answer => Assert.Equal(AnswerKind.Fenced, answer.Kind));
        Assert.Equal(before, await DumpAsync(row.Id));
    }

    [Case]
    public async Task The_settlement_of_another_epoch_is_no_proof()
    {
        var (victim, sweeper) = (await JoinAsync(), await JoinSweeperAsync());
        var row = await StartClaimedAsync(victim);
        await PassAsync(Worker.ClaimTimeout, sweeper);
        await sweeper.MaintainAsync();
        await sweeper.ApplyAsync(Make.Wait(await sweeper.ClaimOneAsync()));

        Assert.Equal(AnswerKind.Fenced, (await victim.CommitAsync(Make.Wait(row))).Kind);
    }

    [Case]
    public async Task A_settlement_of_its_epoch_without_its_entries_is_no_proof()
    {
        // Whoever gives up an execution whose code does not come back settles under the epoch of that code's owner.
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        await worker.ApplyAsync(Make.Refuse(row, "build"));
        var before = await DumpAsync(row.Id);

        var end = await worker.CommitAsync(Make.Finish(row));
        var retry = await worker.CommitAsync(Make.Retry(row, Second, Make.Entry(row, 1, EntryKind.AttemptFailed)));

        Assert.Equal((AnswerKind.Fenced, AnswerKind.Fenced), (end.Kind, retry.Kind));
        Assert.Equal(before, await DumpAsync(row.Id));
    }

    [Case]
    public async Task A_settlement_of_its_epoch_in_the_same_batch_is_no_proof_without_its_entries()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);

        var answers = await worker.CommitAsync(Make.Refuse(row, "build"), Make.Finish(row));

        Assert.Equal([AnswerKind.Applied, AnswerKind.Fenced], answers.Select(answer => answer.Kind));
        Assert.Equal(ExecutionState.Blocked, (await RowAsync(row.Id)).State);
        Assert.Single(await JournalAsync(row.Id));
    }

    [Case]
    public async Task Half_an_advance_is_no_proof()
    {
        // Only what the last entry shows: an operation is all there, or none of it is.
        var (victim, sweeper) = (await JoinAsync(), await JoinSweeperAsync());
        var row = await StartClaimedAsync(victim);
        await victim.ApplyAsync(Make.Advance(row, Make.Step(row, 1)));
        await PassAsync(Worker.ClaimTimeout, sweeper);
        await sweeper.MaintainAsync();

        var answer = await victim.CommitAsync(Make.Advance(row, Make.Step(row, 2), Make.Step(row, 3)));

        Assert.Equal(AnswerKind.Fenced, answer.Kind);
        Assert.Equal(2, (await JournalAsync(row.Id)).Count);
    }

    [Case]
    public async Task A_suspension_that_was_told_to_continue_is_told_so_again()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        await CancelAsync(row.Id);
        var wait = Make.Wait(row, 0, Make.Step(row, 1));
        await worker.CommitAsync(wait);
        var before = await DumpAsync(row.Id);

        Assert.Equal(AnswerKind.Continue, (await worker.CommitAsync(wait)).Kind);
        Assert.Equal(before, await DumpAsync(row.Id));
    }

    [Case]
    public async Task A_suspension_that_was_granted_stays_so_though_mail_has_come()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        var wait = Make.Wait(row, 0, Make.Step(row, 1));
        await worker.ApplyAsync(wait);
        await CancelAsync(row.Id);
        var before = await DumpAsync(row.Id);

        Assert.Equal(AnswerKind.Applied, (await worker.CommitAsync(wait)).Kind);
        Assert.Equal(before, await DumpAsync(row.Id));
    }

    [Case]
    public async Task A_delivery_does_not_take_a_later_request_with_it()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        await CancelAsync(row.Id);
        var delivery = Make.Advance(row, Make.Entry(row, 1, EntryKind.Cancellation)) with
        {
            Delivered = ExecutionRequests.Cancel,
        };
        await worker.ApplyAsync(delivery);
        await CancelAsync(row.Id);

        var again = await worker.CommitAsync(delivery);

        Assert.Equal((AnswerKind.Applied, ExecutionRequests.Cancel), (again.Kind, again.Requests));
        Assert.Equal(ExecutionRequests.Cancel, (await RowAsync(row.Id)).Requests);
    }

    [Case]
    public async Task A_delivery_is_made_though_entries_before_it_were_there()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        await worker.ApplyAsync(Make.Advance(row, Make.Step(row, 1)));
        await CancelAsync(row.Id);
        var delivery = Make.Advance(row, Make.Step(row, 1), Make.Entry(row, 2, EntryKind.Cancellation)) with
        {
            Delivered = ExecutionRequests.Cancel,
        };

        var answer = await worker.CommitAsync(delivery);

        Assert.Equal((AnswerKind.Applied, ExecutionRequests.None), (answer.Kind, answer.Requests));
        Assert.Equal(ExecutionRequests.None, (await RowAsync(row.Id)).Requests);
        Assert.Equal(3, (await JournalAsync(row.Id)).Count);
    }

    [Case]
    public async Task A_direct_start_still_owns_the_execution()
    {
        var worker = await JoinAsync();
        var start = NewStart("order-1") with { Owner = worker.Session };
        var first = await worker.CommitAsync(start);
        var before = await DumpAsync(start.Id);
        Clock.Advance(Second);

        var again = await worker.CommitAsync(start);

        Assert.True(again.Owned);
        Assert.Equal((first.Kind, first.Id, first.DueAt), (again.Kind, again.Id, again.DueAt));
        Assert.Equal(before, await DumpAsync(start.Id));
    }

    [Case]
    public async Task A_direct_start_no_longer_owns_what_was_taken_or_given_back()
    {
        var (worker, other) = (await JoinAsync(), await JoinAsync());
        var start = NewStart() with { Owner = worker.Session };
        await worker.CommitAsync(start);
        await worker.ApplyAsync(Make.Release(await RowAsync(start.Id)));

        var released = await worker.CommitAsync(start);
        await other.ClaimOneAsync();
        var taken = await worker.CommitAsync(start);

        Assert.Equal((AnswerKind.Started, false), (released.Kind, released.Owned));
        Assert.Equal((AnswerKind.Started, false), (taken.Kind, taken.Owned));
    }

    [Case]
    public async Task A_direct_start_that_its_own_session_claimed_again_is_not_owned_by_it()
    {
        // The claim has handed it over under epoch 2; the start must not hand it over a second time.
        var worker = await JoinAsync();
        var start = NewStart() with { Owner = worker.Session };
        await worker.CommitAsync(start);
        await worker.ApplyAsync(Make.Release(await RowAsync(start.Id)));
        await worker.ClaimOneAsync();

        Assert.False((await worker.CommitAsync(start)).Owned);
    }

    [Case]
    public async Task A_start_that_nobody_has_claimed_does_not_become_direct()
    {
        var worker = await JoinAsync();
        var start = NewStart();
        await CommitAsync(start);

        var again = await worker.CommitAsync(start with { Owner = worker.Session });

        Assert.Equal((AnswerKind.Started, false), (again.Kind, again.Owned));
        Assert.Equal(ExecutionState.Pending, (await RowAsync(start.Id)).State);
    }

    [Case]
    public async Task A_cancellation_ends_an_execution_once()
    {
        var id = await StartAsync();
        var cancel = Make.Cancel(id);
        await CommitAsync(cancel);
        var before = await DumpAsync(id);

        var again = await CommitAsync(cancel);

        Assert.Equal((AnswerKind.AlreadyEnded, ExecutionState.Cancelled), (again.Kind, again.State));
        Assert.Equal(before, await DumpAsync(id));
    }

    [Case]
    public async Task A_batch_of_everything_happens_once()
    {
        var worker = await JoinAsync();
        var (running, finishing, other) = (
            await StartClaimedAsync(worker), await StartClaimedAsync(worker), await StartClaimedAsync(worker));
        var direct = NewStart("direct") with { Owner = worker.Session };
        var begun = running with { Id = direct.Id };
        StoreOperation[] batch =
        [
            NewStart("order-1"),
            NewStart("order-1"),
            direct,
            Make.Advance(begun, Make.Step(begun, 1)),
            Make.Finish(begun, seq: 2),
            Make.Advance(running, Make.Step(running, 1)) with { Tries = [Make.Try(running, "charge")] },
            Make.Advance(finishing, Make.Step(finishing, 1)),
            Make.Finish(finishing, seq: 2),
            Make.Cancel(other.Id),
            Make.Cancel(NewId()),
        ];
        var first = await worker.CommitAsync(batch);
        var before = await Dump.NamespaceAsync(Queries, Token);
        Clock.Advance(Second);

        var again = await worker.CommitAsync(batch);

        Assert.Equal(first.Select(answer => answer.Kind), again.Select(answer => answer.Kind));
        Assert.Equal(first.Select(answer => answer.Id), again.Select(answer => answer.Id));
        Assert.Equal(before, await Dump.NamespaceAsync(Queries, Token));
    }
}
