namespace Hydra.Testing;

/// <summary>What becomes of executions whose timeout passes while nobody owns them.</summary>
internal sealed class DeadlineConformance(StoreHarness harness) : StoreTest(harness)
{
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(1);

    [Case]
    public async Task What_never_began_ends_when_its_deadline_has_passed()
    {
        var worker = await JoinAsync();
        var id = await StartAsync(start => start with { Timeout = Minute });
        var before = await RowAsync(id);
        Clock.Advance(Minute);

        var answer = await worker.MaintainAsync();

        Assert.Equal([id], answer.TimedOut);
        var expected = before with { State = ExecutionState.TimedOut, Epoch = 1, LastSeq = 1, FinishedAt = Now };
        Assert.Equal(Make.Comparable(expected), await RowAsync(id));
        var entry = (await JournalAsync(id))[1];
        Assert.Equal((1L, EntryKind.Terminal, true, 1L), (entry.Seq, entry.Kind, entry.Failed, entry.Epoch));
        Assert.Equal(Make.Failure, entry.Output);
        Assert.Equal(Now, entry.At);
        Assert.Empty(await worker.ClaimIdsAsync());
    }

    [Case]
    public async Task Nothing_ends_before_its_deadline()
    {
        var worker = await JoinAsync();
        var id = await StartAsync(start => start with { Timeout = Minute });
        await StartAsync();
        Clock.Advance(Minute - TimeSpan.FromMicroseconds(1));
        var before = await DumpAsync(id);

        var answer = await worker.MaintainAsync();

        Assert.Empty(answer.TimedOut);
        Assert.Equal(before, await DumpAsync(id));
    }

    [Case]
    public async Task What_has_no_deadline_is_never_ended()
    {
        var worker = await JoinAsync();
        var id = await StartAsync();
        Clock.Advance(TimeSpan.FromDays(10_000));

        Assert.Empty((await worker.MaintainAsync()).TimedOut);
        Assert.Equal([id], await worker.ClaimIdsAsync());
    }

    [Case]
    public async Task What_is_between_attempts_ends_when_its_deadline_has_passed()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker, start => start with { Timeout = Minute });
        await worker.ApplyAsync(Make.Retry(row, Hour, Make.Step(row, 1), Make.Entry(row, 2, EntryKind.AttemptFailed)));
        Clock.Advance(Minute);

        var answer = await worker.MaintainAsync();

        Assert.Equal([row.Id], answer.TimedOut);
        var last = (await JournalAsync(row.Id))[^1];
        Assert.Equal((3L, 2L), (last.Seq, last.Epoch));
        Assert.Equal(3, (await RowAsync(row.Id)).LastSeq);
    }

    [Case]
    public async Task What_is_blocked_ends_when_its_deadline_has_passed()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker, start => start with { Timeout = Minute });
        await worker.ApplyAsync(Make.Refuse(row, worker.Row.Build));
        await CancelAsync(row.Id);
        Clock.Advance(Minute);

        var answer = await worker.MaintainAsync();

        Assert.Equal([row.Id], answer.TimedOut);
        var ended = await RowAsync(row.Id);
        Assert.Equal(
            (ExecutionState.TimedOut, BlockedReason.None, ExecutionRequests.None),
            (ended.State, ended.BlockedReason, ended.Requests));
    }

    [Case]
    public async Task The_end_is_not_taken_for_what_its_last_owner_had_sent_before_it_left()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker, start => start with { Timeout = Minute });
        await worker.CloseAsync();
        Clock.Advance(Hour);
        await (await JoinAsync()).MaintainAsync();

        var answer = await worker.CommitAsync(Make.Advance(row, Make.Step(row, 1)));

        Assert.Equal(AnswerKind.Fenced, answer.Kind);
        Assert.Equal(EntryKind.Terminal, Assert.Single(await JournalAsync(row.Id), entry => entry.Seq == 1).Kind);
    }

    [Case]
    public async Task What_is_owned_is_never_ended()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker, start => start with { Timeout = Minute });
        await PassAsync(Hour, worker);

        Assert.Empty((await worker.MaintainAsync()).TimedOut);
        await worker.ApplyAsync(Make.Finish(row));
    }

    [Case]
    public async Task What_is_suspended_is_due_at_its_deadline_so_that_its_code_hears_of_it()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker, start => start with { Timeout = Minute });
        await worker.ApplyAsync(Make.Wait(row));
        Clock.Advance(Minute);

        Assert.Empty((await worker.MaintainAsync()).TimedOut);
        Assert.Equal([row.Id], await worker.ClaimIdsAsync());
    }

    [Case]
    public async Task What_is_suspended_ends_when_nobody_claims_it_for_the_grace()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker, start => start with { Timeout = Minute });
        await worker.ApplyAsync(Make.Sleep(row, Now.Plus(Hour), 0, Make.Step(row, 1)));
        Clock.Advance(Minute + Grace - TimeSpan.FromMicroseconds(1));

        var early = await worker.MaintainAsync(request => request with { DeadlineGrace = Grace });
        Clock.Advance(TimeSpan.FromMicroseconds(1));
        var late = await worker.MaintainAsync(request => request with { DeadlineGrace = Grace });

        Assert.Empty(early.TimedOut);
        Assert.Equal([row.Id], late.TimedOut);
        var ended = await RowAsync(row.Id);
        Assert.Equal((ExecutionState.TimedOut, 2L), (ended.State, ended.LastSeq));
    }

    [Case]
    public async Task What_was_handed_back_ends_when_nobody_claims_it_for_the_grace()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker, start => start with { Timeout = Minute });
        await worker.ApplyAsync(Make.Release(row));
        Clock.Advance(Minute + Grace - TimeSpan.FromMicroseconds(1));

        var early = await worker.MaintainAsync(request => request with { DeadlineGrace = Grace });
        Clock.Advance(TimeSpan.FromMicroseconds(1));
        var late = await worker.MaintainAsync(request => request with { DeadlineGrace = Grace });

        Assert.Empty(early.TimedOut);
        Assert.Equal([row.Id], late.TimedOut);
    }

    [Case]
    public async Task What_lost_its_worker_ends_when_nobody_claims_it_for_the_grace()
    {
        var (victim, sweeper) = (await JoinAsync(), await JoinSweeperAsync());
        var row = await StartClaimedAsync(victim, start => start with { Timeout = Minute });
        await PassAsync(Worker.ClaimTimeout, sweeper);
        await sweeper.MaintainAsync();
        await PassAsync(Minute, sweeper);

        var early = await sweeper.MaintainAsync(request => request with { DeadlineGrace = Grace });
        await PassAsync(Grace, sweeper);
        var late = await sweeper.MaintainAsync(request => request with { DeadlineGrace = Grace });

        Assert.Empty(early.TimedOut);
        Assert.Equal([row.Id], late.TimedOut);
    }

    [Case]
    public async Task What_lost_its_worker_after_its_deadline_is_left_to_be_claimed_for_the_grace_from_then()
    {
        // Its code had no chance yet to hear of the deadline, and whoever takes it over should be able to tell it.
        var (victim, sweeper) = (await JoinAsync(), await JoinSweeperAsync());
        var row = await StartClaimedAsync(victim, start => start with { Timeout = Minute });
        await PassAsync(Hour, victim, sweeper);
        await PassAsync(Worker.ClaimTimeout, sweeper);

        var swept = await sweeper.MaintainAsync(request => request with { DeadlineGrace = Grace });
        await PassAsync(Grace - TimeSpan.FromMicroseconds(1), sweeper);
        var early = await sweeper.MaintainAsync(request => request with { DeadlineGrace = Grace });
        Clock.Advance(TimeSpan.FromMicroseconds(1));
        var late = await sweeper.MaintainAsync(request => request with { DeadlineGrace = Grace });

        Assert.Equal([row.Id], swept.Released);
        Assert.Empty(swept.TimedOut);
        Assert.Empty(early.TimedOut);
        Assert.Equal([row.Id], late.TimedOut);
    }

    [Case]
    public async Task What_heard_of_its_deadline_is_left_to_its_code()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker, start => start with { Timeout = Minute });
        Clock.Advance(Minute);
        await worker.ApplyAsync(Make.Sleep(row, Now.Plus(Hour), 0, Make.Entry(row, 1, EntryKind.Timeout)));
        Clock.Advance(Hour);

        Assert.Empty((await worker.MaintainAsync()).TimedOut);
        Assert.Equal([row.Id], await worker.ClaimIdsAsync());
    }

    [Case]
    public async Task Deadlines_are_kept_by_callers_that_may_judge_nobody()
    {
        var id = await StartAsync(start => start with { Timeout = Minute });
        Clock.Advance(Minute);
        var newcomer = await JoinAsync();

        Assert.Equal([id], (await newcomer.MaintainAsync()).TimedOut);
    }

    [Case]
    public async Task No_more_are_ended_in_a_round_than_its_limit_and_it_tells_that_there_is_more()
    {
        var worker = await JoinAsync();
        var ids = new List<ExecutionId>();
        for (var i = 0; i < 5; i++)
        {
            ids.Add(await StartAsync(start => start with { Timeout = Minute }));
            Clock.Advance(Second);
        }

        Clock.Advance(Minute);
        var first = await worker.MaintainAsync(request => request with { Limit = 3 });
        var second = await worker.MaintainAsync(request => request with { Limit = 3 });

        Assert.Equal((3, true), (first.TimedOut.Count, first.More));
        Assert.Equal((2, false), (second.TimedOut.Count, second.More));
        Assert.Equal(ids, first.TimedOut.Concat(second.TimedOut).Order());
    }

    [Case]
    public async Task The_key_of_what_timed_out_stays_taken()
    {
        var worker = await JoinAsync();
        var id = await StartAsync(start => start with { Timeout = Minute, Key = "order-1" });
        Clock.Advance(Minute);
        await worker.MaintainAsync();

        var answer = await CommitAsync(NewStart("order-1"));

        Assert.Equal((AnswerKind.Existing, id, ExecutionState.TimedOut), (answer.Kind, answer.Id, answer.State));
    }
}
