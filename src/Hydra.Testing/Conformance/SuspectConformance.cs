namespace Hydra.Testing;

/// <summary>What is counted of crashes, who is suspected of them, and what becomes of suspects.</summary>
internal sealed class SuspectConformance(StoreHarness harness) : StoreTest(harness)
{
    [Case]
    public async Task A_crash_spends_no_attempt_and_forgets_no_request()
    {
        var (victim, sweeper) = (await JoinAsync(), await JoinSweeperAsync());
        var row = await StartClaimedAsync(victim, start => start with { MaxAttempts = 1 });
        await CancelAsync(row.Id);
        await PassAsync(Worker.ClaimTimeout, sweeper);

        await sweeper.MaintainAsync();

        var released = await RowAsync(row.Id);
        Assert.Equal((1, ExecutionRequests.Cancel, 1L), (released.Attempt, released.Requests, released.Mail));
    }

    [Case]
    public async Task Crashes_without_progress_are_delayed_longer_and_longer()
    {
        var sweeper = await JoinSweeperAsync();
        var id = await StartAsync();
        var delays = new List<TimeSpan>();

        for (var crash = 1; crash <= 9; crash++)
        {
            await CrashAsync(sweeper);
            var row = await RowAsync(id);
            Assert.Equal((crash, crash), (row.Crashes, row.BarrenCrashes));
            delays.Add(row.DueAt.Since(Now));
        }

        Assert.Equal([0, 1, 2, 4, 8, 16, 32, 60, 60], delays.Select(delay => delay.TotalSeconds));
    }

    [Case]
    public async Task The_delay_of_a_suspect_ends_at_its_deadline()
    {
        var sweeper = await JoinSweeperAsync();
        var id = await StartAsync(start => start with { Timeout = Hour });
        await CrashAsync(sweeper);

        await CrashAsync(sweeper, change: request => request with { SuspectDelay = Hour, MaxSuspectDelay = Hour });

        var row = await RowAsync(id);
        Assert.Equal(2, row.BarrenCrashes);
        Assert.Equal(row.Deadline, row.DueAt);
    }

    [Case]
    public async Task Progress_resets_the_count_of_barren_crashes()
    {
        var sweeper = await JoinSweeperAsync();
        var id = await StartAsync();
        await CrashAsync(sweeper);
        await CrashAsync(sweeper);
        await CrashAsync(sweeper);
        var barren = await RowAsync(id);

        await CrashAsync(sweeper, (victim, row) => victim.ApplyAsync(Make.Advance(row, Make.Step(row, 1))));
        var progressed = await RowAsync(id);
        await CrashAsync(sweeper);
        var barrenAgain = await RowAsync(id);

        Assert.Equal((3, 3), (barren.Crashes, barren.BarrenCrashes));
        Assert.Equal((4, 1, 1L), (progressed.Crashes, progressed.BarrenCrashes, progressed.LastSeq));
        Assert.Equal((5, 2), (barrenAgain.Crashes, barrenAgain.BarrenCrashes));
    }

    [Case]
    public async Task Progress_that_was_settled_counts_as_well()
    {
        var sweeper = await JoinSweeperAsync();
        var id = await StartAsync();
        await CrashAsync(sweeper);
        var claimed = await sweeper.ClaimOneAsync();
        await sweeper.ApplyAsync(Make.Release(claimed, Make.Step(claimed, 1)));

        await CrashAsync(sweeper);

        var row = await RowAsync(id);
        Assert.Equal((2, 1), (row.Crashes, row.BarrenCrashes));
    }

    [Case]
    public async Task Crashes_are_recorded_the_oldest_first()
    {
        var sweeper = await JoinSweeperAsync();
        var id = await StartAsync();
        await CrashAsync(sweeper);
        var first = Now;
        await CrashAsync(sweeper);

        var crashes = await Queries.ReadCrashesAsync(id, Token);

        Assert.Equal([(1L, first), (3L, Now)], crashes.Select(crash => (crash.Epoch, crash.At)));
    }

    [Case]
    public async Task A_suspect_is_claimed_only_by_who_accepts_one()
    {
        var sweeper = await JoinSweeperAsync();
        var suspect = await StartSuspectAsync(sweeper);
        var later = await StartAsync(start => start with { Delay = Hour });

        var refusing = await sweeper.ClaimAsync(request => request with { AcceptSuspect = false });
        var accepting = await sweeper.ClaimAsync();

        Assert.Empty(refusing.Executions);
        Assert.False(refusing.More);
        Assert.Equal((await RowAsync(later)).DueAt, refusing.NextDue);
        Assert.Equal(suspect, Assert.Single(accepting.Executions).Row.Id);
    }

    [Case]
    public async Task Once_is_no_suspect()
    {
        var sweeper = await JoinSweeperAsync();
        var id = await StartAsync();
        await CrashAsync(sweeper);

        Assert.Equal([id], await sweeper.ClaimIdsAsync(request => request with { AcceptSuspect = false }));
    }

    [Case]
    public async Task A_claim_takes_one_suspect_at_most_and_leaves_no_bystander()
    {
        var sweeper = await JoinSweeperAsync();
        var (one, two) = (await StartSuspectAsync(sweeper), await StartSuspectAsync(sweeper));
        var healthy = await StartAsync();

        var first = await sweeper.ClaimAsync(request => request with { OldestFirst = 2 });
        var second = await sweeper.ClaimAsync();

        Assert.Equal(
            new[] { one, healthy }.ToHashSet(), first.Executions.Select(execution => execution.Row.Id).ToHashSet());
        Assert.False(first.More);
        Assert.Equal(Instant.Never, first.NextDue);
        Assert.Equal(two, Assert.Single(second.Executions).Row.Id);
    }

    [Case]
    public async Task The_end_of_a_suspects_delay_is_announced()
    {
        var sweeper = await JoinSweeperAsync();
        var id = await StartAsync();
        await CrashAsync(sweeper);
        await CrashAsync(sweeper);

        var answer = await sweeper.ClaimAsync();

        Assert.Empty(answer.Executions);
        Assert.Equal((await RowAsync(id)).DueAt, answer.NextDue);
    }

    [Case]
    public async Task The_sole_suspect_of_dying_sessions_is_quarantined()
    {
        var sweeper = await JoinSweeperAsync();
        var id = await StartSuspectAsync(sweeper);
        var before = (await RowAsync(id)).SoleSuspectCrashes;

        var first = await CrashAsync(sweeper, change: request => request with { QuarantineAfter = 2 });
        var counted = (await RowAsync(id)).SoleSuspectCrashes;
        var second = await CrashAsync(sweeper, change: request => request with { QuarantineAfter = 2 });

        Assert.Equal((0, 1), (before, counted));
        Assert.Equal([id], first.Released);
        Assert.Empty(first.Quarantined);
        Assert.Equal([id], second.Released);
        Assert.Equal([id], second.Quarantined);
        var row = await RowAsync(id);
        Assert.Equal(
            (ExecutionState.Blocked, BlockedReason.Quarantined, SessionId.None, Instant.Never),
            (row.State, row.BlockedReason, row.Owner, row.DueAt));
        Assert.Equal((4, 4, 2), (row.Crashes, row.BarrenCrashes, row.SoleSuspectCrashes));
        Clock.Advance(Hour);
        Assert.Empty(await sweeper.ClaimIdsAsync());
    }

    [Case]
    public async Task A_healthy_companion_does_not_share_the_blame()
    {
        var sweeper = await JoinSweeperAsync();
        var suspect = await StartSuspectAsync(sweeper);
        var healthy = await StartAsync();

        await CrashAsync(sweeper);

        Assert.Equal(1, (await RowAsync(suspect)).SoleSuspectCrashes);
        var row = await RowAsync(healthy);
        Assert.Equal((1, 1, 0), (row.Crashes, row.BarrenCrashes, row.SoleSuspectCrashes));
    }

    [Case]
    public async Task Getting_further_ends_the_suspicion()
    {
        var sweeper = await JoinSweeperAsync();
        var id = await StartSuspectAsync(sweeper);
        await CrashAsync(sweeper);
        await PassAsync(Minute, sweeper);
        var stuck = await sweeper.ClaimOneAsync();
        await sweeper.ApplyAsync(Make.Release(stuck));
        var suspect = await sweeper.ClaimOneAsync();
        var asSuspect = await RowAsync(id);

        await sweeper.ApplyAsync(Make.Release(suspect, Make.Step(suspect, 1)));

        Assert.Equal((3, 1), (asSuspect.BarrenCrashes, asSuspect.SoleSuspectCrashes));
        var cleared = await RowAsync(id);
        Assert.Equal((3, 0, 0), (cleared.Crashes, cleared.BarrenCrashes, cleared.SoleSuspectCrashes));
        Assert.Equal([id], await sweeper.ClaimIdsAsync(request => request with { AcceptSuspect = false }));
    }

    [Case]
    public async Task A_suspect_that_got_further_before_the_crash_takes_no_blame_and_leaves_it_to_the_other()
    {
        var sweeper = await JoinSweeperAsync();
        var (one, two) = (await StartSuspectAsync(sweeper), await StartSuspectAsync(sweeper));
        var victim = await JoinAsync();
        var first = await victim.ClaimOneAsync();
        await victim.ClaimOneAsync();
        await victim.ApplyAsync(Make.Advance(first, Make.Step(first, 1)));
        await PassAsync(Worker.ClaimTimeout, sweeper);

        await sweeper.MaintainAsync();

        var (further, stuck) = (await RowAsync(first.Id), await RowAsync(first.Id == one ? two : one));
        Assert.Equal((1, 0), (further.BarrenCrashes, further.SoleSuspectCrashes));
        Assert.Equal((3, 1), (stuck.BarrenCrashes, stuck.SoleSuspectCrashes));
    }

    [Case]
    public async Task Of_two_suspects_neither_is_blamed_when_the_limit_parts_what_their_session_owned()
    {
        var sweeper = await JoinSweeperAsync();
        var (one, two) = (await StartSuspectAsync(sweeper), await StartSuspectAsync(sweeper));
        await CommitAsync(Make.Start(new ExecutionId(Guid.Empty))); // Before both in the order of ids.
        var victim = await JoinAsync();
        Assert.Equal(2, (await victim.ClaimAsync()).Executions.Count);
        await victim.ClaimOneAsync();
        await PassAsync(Worker.ClaimTimeout, sweeper);

        await sweeper.MaintainAsync(request => request with { Limit = 2 });
        await sweeper.MaintainAsync(request => request with { Limit = 2 });

        Assert.Equal(0, (await RowAsync(one)).SoleSuspectCrashes);
        Assert.Equal(0, (await RowAsync(two)).SoleSuspectCrashes);
    }

    [Case]
    public async Task Of_two_suspects_neither_is_blamed_when_the_limit_has_room_for_one()
    {
        var sweeper = await JoinSweeperAsync();
        var (one, two) = (await StartSuspectAsync(sweeper), await StartSuspectAsync(sweeper));
        var victim = await JoinAsync();
        await victim.ClaimOneAsync();
        await victim.ClaimOneAsync();
        await PassAsync(Worker.ClaimTimeout, sweeper);

        await sweeper.MaintainAsync(request => request with { Limit = 1 });
        await sweeper.MaintainAsync(request => request with { Limit = 1 });

        foreach (var row in new[] { await RowAsync(one), await RowAsync(two) })
        {
            Assert.Equal((3, 0), (row.BarrenCrashes, row.SoleSuspectCrashes));
        }
    }

    [Case]
    public async Task Of_two_suspects_neither_is_blamed_when_a_stranger_holds_one_of_them()
    {
        var sweeper = await JoinSweeperAsync();
        var (one, two) = (await StartSuspectAsync(sweeper), await StartSuspectAsync(sweeper));
        var victim = await JoinAsync();
        await victim.ClaimOneAsync();
        await victim.ClaimOneAsync();
        SkipUnless(Harness.WritesSideBySide && Store.Transactions is not null, "Nobody else can write meanwhile.");
        await using var connection = await Harness.OpenConnectionAsync();
        await using var transaction = await connection!.BeginTransactionAsync(Token);
        await Store.Transactions!.WriteAsync(transaction, [Make.Cancel(one)], Token);
        await PassAsync(Worker.ClaimTimeout, sweeper);

        await sweeper.MaintainAsync();
        await transaction.RollbackAsync(Token);
        await sweeper.MaintainAsync();

        foreach (var row in new[] { await RowAsync(one), await RowAsync(two) })
        {
            Assert.Equal((3, 0), (row.BarrenCrashes, row.SoleSuspectCrashes));
        }
    }

    [Case]
    public async Task Of_two_suspects_in_one_session_neither_is_blamed()
    {
        var sweeper = await JoinSweeperAsync();
        var (one, two) = (await StartSuspectAsync(sweeper), await StartSuspectAsync(sweeper));
        var victim = await JoinAsync();
        await victim.ClaimOneAsync();
        await victim.ClaimOneAsync();

        await PassAsync(Worker.ClaimTimeout, sweeper);
        await sweeper.MaintainAsync();

        foreach (var row in new[] { await RowAsync(one), await RowAsync(two) })
        {
            Assert.Equal((3, 0), (row.BarrenCrashes, row.SoleSuspectCrashes));
        }
    }

    /// <summary>Lets two sessions die with a new execution, but with no earlier suspect; it is due then.</summary>
    private async Task<ExecutionId> StartSuspectAsync(Worker sweeper)
    {
        var id = await StartAsync();
        await CrashAsync(sweeper, claim: request => request with { AcceptSuspect = false });
        await CrashAsync(sweeper, claim: request => request with { AcceptSuspect = false });
        await PassAsync(Second, sweeper);
        var row = await RowAsync(id);
        Assert.Equal((2, Now), (row.BarrenCrashes, row.DueAt));
        return id;
    }
}
