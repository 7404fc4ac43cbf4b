namespace Hydra.Testing;

/// <summary>What a worker gets when it asks for work, and what it hears of the work to come.</summary>
internal sealed class ClaimConformance(StoreHarness harness) : StoreTest(harness)
{
    [Case]
    public async Task A_claim_makes_what_is_due_its_own()
    {
        var worker = await JoinAsync();
        var id = await StartAsync();
        var before = await RowAsync(id);
        Clock.Advance(Second);

        var answer = await worker.ClaimAsync();

        var claimed = Assert.Single(answer.Executions);
        var expected = Make.Comparable(before with
        {
            State = ExecutionState.Running,
            Owner = worker.Session,
            Epoch = 1,
            StartedAt = Now,
        });
        Assert.Equal(expected, Make.Comparable(claimed.Row));
        Assert.Equal(expected, await RowAsync(id));
        Assert.Equal(Now, answer.Now);
        Assert.False(answer.SessionLost);
        Assert.False(answer.More);
        Assert.Equal(Instant.Never, answer.NextDue);
    }

    [Case]
    public async Task A_claim_brings_the_journal_and_the_tries()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        await worker.ApplyAsync(Make.Release(row, Make.Step(row, 1), Make.Step(row, 2)) with
        {
            Tries =
            [
                Make.Try(row, "charge") with { Attempt = 1, RetryAt = Now },
                Make.Try(row, "charge") with { Attempt = 2, ExecutionAttempt = 2, RetryAt = Now.Plus(Second) },
                Make.Try(row, "charge") with { Attempt = 10, ExecutionAttempt = 2, RetryAt = Now.Plus(Minute) },
                Make.Try(row, "charge") with { Attempt = 11, ExecutionAttempt = 2, Phase = TryPhase.Started },
                Make.Try(row, "ship") with { Attempt = 3, RetryAt = null },
                Make.Try(row, "wrap") with { Phase = TryPhase.Abandoned },
                Make.Try(row, "pay", phase: TryPhase.BegunOnce),
                Make.Try(row, "send", phase: TryPhase.BegunOnce),
                Make.Try(row, "send", phase: TryPhase.NotBegun),
            ],
        });

        var claimed = Assert.Single((await worker.ClaimAsync()).Executions);

        Assert.Equal(await JournalAsync(row.Id), claimed.Entries);
        Assert.Equal([0, 1, 2], claimed.Entries.Select(entry => entry.Seq));
        Assert.Equal(
            [
                new TriedStep("charge", 10, 2, 2, Now.Plus(Minute)),
                new TriedStep("pay", 1, 1, 0, null, BegunOnce: true),
                new TriedStep("send", 0, 1, 0, null),
                new TriedStep("ship", 3, 1, 1, null),
            ],
            claimed.Tried);
        Assert.Equal(9, (await Queries.ReadTriesAsync(row.Id, Token)).Count);
    }

    [Case]
    public async Task The_epoch_rises_with_every_claim_and_the_first_start_stays()
    {
        var worker = await JoinAsync();
        var first = await StartClaimedAsync(worker);
        await worker.ApplyAsync(Make.Release(first));
        Clock.Advance(Second);

        var second = await worker.ClaimOneAsync();

        Assert.Equal(1, first.Epoch);
        Assert.Equal(2, second.Epoch);
        Assert.Equal(first.StartedAt, second.StartedAt);
    }

    [Case]
    public async Task What_one_session_has_claimed_no_other_gets()
    {
        var (one, two) = (await JoinAsync(), await JoinAsync());
        await StartClaimedAsync(one);

        Assert.Empty(await two.ClaimIdsAsync());
        Assert.Empty(await one.ClaimIdsAsync());
    }

    [Case]
    public async Task Nothing_is_claimed_before_it_is_due()
    {
        var worker = await JoinAsync();
        var id = await StartAsync(start => start with { Delay = Minute });
        var dueAt = Now.Plus(Minute);
        Clock.Advance(Minute - TimeSpan.FromMicroseconds(1));

        var early = await worker.ClaimAsync();
        Clock.Advance(TimeSpan.FromMicroseconds(1));
        var inTime = await worker.ClaimAsync();

        Assert.Empty(early.Executions);
        Assert.Equal(dueAt, early.NextDue);
        Assert.False(early.More);
        Assert.Equal(id, Assert.Single(inTime.Executions).Row.Id);
        Assert.Equal(Instant.Never, inTime.NextDue);
    }

    [Case]
    public async Task What_is_due_never_is_not_claimed_and_not_announced()
    {
        var worker = await JoinAsync();
        await StartAsync(start => start with { DueAt = Instant.Never });
        Clock.Advance(TimeSpan.FromDays(1000));

        var answer = await worker.ClaimAsync();

        Assert.Empty(answer.Executions);
        Assert.Equal(Instant.Never, answer.NextDue);
    }

    [Case]
    public async Task Workflows_that_the_worker_does_not_know_are_left_alone()
    {
        var worker = await JoinAsync();
        var unknown = await StartAsync(start => start with { Workflow = "refund" });
        await StartAsync(start => start with { Workflow = "refund", Delay = Second });
        var known = await StartAsync(start => start with { Delay = Minute });
        var before = await DumpAsync(unknown);

        var answer = await worker.ClaimAsync();

        Assert.Empty(answer.Executions);
        Assert.False(answer.More);
        Assert.Equal((await RowAsync(known)).DueAt, answer.NextDue);
        Assert.Equal(before, await DumpAsync(unknown));
    }

    [Case]
    public async Task A_claim_for_several_workflows_takes_all_of_them_by_age()
    {
        var worker = await JoinAsync();
        var ids = new List<ExecutionId>();
        foreach (var workflow in new[] { "c", "a", "b", "a", "c" })
        {
            ids.Add(await StartAsync(start => start with { Workflow = workflow }));
            Clock.Advance(Second);
        }

        var claimed = await worker.ClaimIdsAsync(request => request with { Workflows = ["a", "b", "c", "d"] });

        Assert.Equal(ids, claimed);
    }

    [Case]
    public async Task A_claim_for_no_workflow_takes_nothing()
    {
        var worker = await JoinAsync();
        await StartAsync();

        var answer = await worker.ClaimAsync(request => request with { Workflows = [] });

        Assert.Empty(answer.Executions);
        Assert.Equal(Instant.Never, answer.NextDue);
        Assert.False(answer.More);
    }

    [Case]
    public async Task A_session_that_is_gone_claims_nothing()
    {
        var worker = await JoinAsync();
        var id = await StartAsync();
        await worker.CloseAsync();
        var before = await DumpAsync(id);

        var answer = await worker.ClaimAsync();

        Assert.True(answer.SessionLost);
        Assert.Empty(answer.Executions);
        Assert.Equal(Now, answer.Now);
        Assert.Equal(before, await DumpAsync(id));
    }

    [Case]
    public async Task A_session_whose_lease_ended_unswept_may_claim()
    {
        var worker = await JoinAsync();
        var id = await StartAsync();
        Clock.Advance(Worker.ClaimTimeout * 2);

        Assert.Equal([id], await worker.ClaimIdsAsync());
    }

    [Case]
    public async Task Entries_that_the_caller_has_are_not_read_again()
    {
        var worker = await JoinAsync();
        var known = await StartClaimedAsync(worker);
        var unknown = await StartClaimedAsync(worker);
        await worker.ApplyAsync(Make.Release(known, Make.Step(known, 1), Make.Step(known, 2)));
        await worker.ApplyAsync(Make.Release(unknown, Make.Step(unknown, 1)));

        var answer = await worker.ClaimAsync(request => request with
        {
            CachedThrough = id => id == known.Id ? 1 : -1,
        });

        var seqs = answer.Executions.ToDictionary(
            execution => execution.Row.Id, execution => execution.Entries.Select(entry => entry.Seq));
        Assert.Equal([2], seqs[known.Id]);
        Assert.Equal([0, 1], seqs[unknown.Id]);
    }

    [Case]
    public async Task The_last_entry_that_the_caller_has_is_read_again_as_it_wrote_it()
    {
        // That is how a worker knows the journal that it has for the stored one.
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        var bare = new JournalEntry { Seq = 2, Kind = EntryKind.Sleep, At = Now.Plus(Second), Epoch = row.Epoch };
        await worker.ApplyAsync(Make.Release(row, Make.Step(row, 1), bare));

        var answer = await worker.ClaimAsync(request => request with { CachedThrough = _ => 1 });

        Assert.Equal([bare], Assert.Single(answer.Executions).Entries);
    }

    [Case]
    public async Task A_journal_that_the_caller_has_completely_is_not_read()
    {
        var worker = await JoinAsync();
        await StartAsync();

        var answer = await worker.ClaimAsync(request => request with { CachedThrough = _ => 0 });

        Assert.Empty(Assert.Single(answer.Executions).Entries);
    }

    [Case]
    public async Task A_sleeper_is_claimed_when_it_wakes()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        await worker.ApplyAsync(Make.Sleep(row, Now.Plus(Minute)));

        var early = await worker.ClaimAsync();
        Clock.Advance(Minute);
        var woken = await worker.ClaimOneAsync();

        Assert.Empty(early.Executions);
        Assert.Equal(row.StartedAt!.Value.Plus(Minute), early.NextDue);
        Assert.Equal((row.Id, 2L, ExecutionState.Running), (woken.Id, woken.Epoch, woken.State));
    }

    [Case]
    public async Task What_waits_has_ended_or_is_blocked_is_not_claimed()
    {
        var worker = await JoinAsync();
        var rows = new List<ExecutionRow>();
        for (var i = 0; i < 3; i++)
        {
            rows.Add(await StartClaimedAsync(worker));
        }

        await worker.CommitAsync(Make.Wait(rows[0]), Make.Finish(rows[1]), Make.Refuse(rows[2], "build-0"));
        Clock.Advance(TimeSpan.FromDays(1000));

        var answer = await worker.ClaimAsync();

        Assert.Empty(answer.Executions);
        Assert.False(answer.More);
        Assert.Equal(Instant.Never, answer.NextDue);
    }
}
