namespace Hydra.Testing;

/// <summary>How the work of dead sessions is taken back, and who may judge that they are dead.</summary>
internal sealed class SweepConformance(StoreHarness harness) : StoreTest(harness)
{
    [Case]
    public async Task What_a_dead_session_owned_is_due_again_under_a_new_epoch()
    {
        var (victim, sweeper) = (await JoinAsync("victim"), await JoinSweeperAsync());
        var row = await StartClaimedAsync(victim);
        await victim.ApplyAsync(Make.Advance(row, Make.Step(row, 1), Make.Step(row, 2)));
        await PassAsync(Worker.ClaimTimeout, sweeper);

        var answer = await sweeper.MaintainAsync();

        Assert.Equal([row.Id], answer.Released);
        Assert.Empty(answer.Quarantined);
        Assert.Equal(Now, answer.Now);
        Assert.False(answer.More);
        var expected = row with
        {
            State = ExecutionState.Pending,
            Owner = SessionId.None,
            Epoch = 2,
            LastSeq = 2,
            DueAt = Now,
            Crashes = 1,
            BarrenCrashes = 1,
        };
        Assert.Equal(expected, await RowAsync(row.Id));
        Assert.Equal(
            [new CrashRow(1, victim.Session, "victim", Now)], await Queries.ReadCrashesAsync(row.Id, Token));
        Assert.Equal(3, (await sweeper.ClaimOneAsync()).Epoch);
    }

    [Case]
    public async Task Every_crash_names_the_worker_however_many_the_session_owned()
    {
        var (victim, sweeper) = (await JoinAsync("victim"), await JoinSweeperAsync());
        await CommitAsync(NewStart(), NewStart(), NewStart());
        var ids = await victim.ClaimIdsAsync();
        await PassAsync(Worker.ClaimTimeout, sweeper);

        for (var round = 0; round < 3; round++)
        {
            await sweeper.MaintainAsync(request => request with { Limit = 1 });
        }

        foreach (var id in ids)
        {
            var crash = Assert.Single(await Queries.ReadCrashesAsync(id, Token));
            Assert.Equal(("victim", victim.Session), (crash.Worker, crash.Session));
        }
    }

    [Case]
    public async Task A_swept_session_is_dead_for_ever()
    {
        var (victim, sweeper) = (await JoinAsync("victim"), await JoinSweeperAsync());
        var row = await StartClaimedAsync(victim);
        await PassAsync(Worker.ClaimTimeout, sweeper);
        await sweeper.MaintainAsync();
        var before = await DumpAsync(row.Id);

        var beat = await victim.BeatAsync();
        var late = await victim.CommitAsync(Make.Advance(row, Make.Step(row, 1)), Make.Finish(row));
        var claim = await victim.ClaimAsync();

        Assert.True(beat.Lost);
        Assert.Empty(beat.Owned);
        Assert.All(late, answer => Assert.Equal(AnswerKind.Fenced, answer.Kind));
        Assert.True(claim.SessionLost);
        Assert.Equal(before, await DumpAsync(row.Id));
        Assert.Equal(sweeper.Session, Assert.Single(await Queries.ListSessionsAsync(Token)).Id);
    }

    [Case]
    public async Task A_lease_that_has_not_ended_is_left_alone()
    {
        var (victim, sweeper) = (await JoinAsync(), await JoinSweeperAsync());
        var row = await StartClaimedAsync(victim);
        await victim.BeatAsync();
        await PassAsync(Worker.ClaimTimeout - TimeSpan.FromMicroseconds(1), sweeper);

        var answer = await sweeper.MaintainAsync();

        Assert.Empty(answer.Released);
        Assert.Equal(Now.Plus(TimeSpan.FromMicroseconds(1)), answer.NextExpiry);
        await victim.ApplyAsync(Make.Finish(row));
    }

    [Case]
    public async Task Whoever_beats_is_not_swept()
    {
        var (worker, sweeper) = (await JoinAsync(), await JoinSweeperAsync());
        var row = await StartClaimedAsync(worker);
        await PassAsync(Minute, worker, sweeper);

        Assert.Empty((await sweeper.MaintainAsync()).Released);
        await worker.ApplyAsync(Make.Finish(row));
    }

    [Case]
    public async Task The_dead_alone_lose_what_they_own()
    {
        var (victim, bystander, sweeper) = (await JoinAsync(), await JoinAsync(), await JoinSweeperAsync());
        var lost = await StartClaimedAsync(victim);
        var kept = await StartClaimedAsync(bystander);
        var own = await StartClaimedAsync(sweeper);
        await PassAsync(Worker.ClaimTimeout, bystander, sweeper);

        var answer = await sweeper.MaintainAsync();

        Assert.Equal([lost.Id], answer.Released);
        await bystander.ApplyAsync(Make.Finish(kept));
        await sweeper.ApplyAsync(Make.Finish(own));
    }

    [Case]
    public async Task A_caller_that_has_not_beaten_for_half_its_claim_timeout_judges_nobody()
    {
        // After an outage everyone looks dead to whoever comes back first.
        var (victim, sweeper) = (await JoinAsync(), await JoinSweeperAsync());
        var row = await StartClaimedAsync(victim);
        await PassAsync(Worker.ClaimTimeout, sweeper);
        Clock.Advance((Worker.ClaimTimeout / 2) + TimeSpan.FromMicroseconds(1));

        var answer = await sweeper.MaintainAsync();

        Assert.Empty(answer.Released);
        Assert.False((await victim.BeatAsync()).Lost);
        await victim.ApplyAsync(Make.Finish(row));
    }

    [Case]
    public async Task A_caller_that_was_late_judges_nobody_until_it_was_on_time_for_two_intervals()
    {
        var (victim, sweeper) = (await JoinAsync(), await JoinSweeperAsync());
        var row = await StartClaimedAsync(victim);
        Clock.Advance(Hour);
        await sweeper.BeatAsync();

        var late = await sweeper.MaintainAsync();
        await PassAsync((Worker.Interval * 2) - TimeSpan.FromMicroseconds(1), sweeper);
        var almost = await sweeper.MaintainAsync();
        Clock.Advance(TimeSpan.FromMicroseconds(1));
        var onTime = await sweeper.MaintainAsync();

        Assert.Empty(late.Released);
        Assert.Empty(almost.Released);
        Assert.Equal([row.Id], onTime.Released);
    }

    [Case]
    public async Task A_caller_that_has_just_come_judges_nobody()
    {
        var victim = await JoinAsync();
        await StartClaimedAsync(victim);
        Clock.Advance(Hour);
        var newcomer = await JoinAsync();

        var answer = await newcomer.MaintainAsync();

        Assert.Empty(answer.Released);
        Assert.False((await victim.BeatAsync()).Lost);
    }

    [Case]
    public async Task A_caller_without_a_session_judges_nobody()
    {
        var (victim, gone) = (await JoinAsync(), await JoinSweeperAsync());
        await StartClaimedAsync(victim);
        await PassAsync(Worker.ClaimTimeout, gone);
        await gone.CloseAsync();

        var answer = await gone.MaintainAsync();

        Assert.Empty(answer.Released);
        Assert.False((await victim.BeatAsync()).Lost);
    }

    [Case]
    public async Task The_next_expiry_is_the_earliest_among_the_others()
    {
        var sweeper = await JoinSweeperAsync();
        var alone = await sweeper.MaintainAsync();
        await JoinAsync();
        var earliest = Now.Plus(Worker.ClaimTimeout);
        Clock.Advance(Second);
        await JoinAsync();

        var answer = await sweeper.MaintainAsync();

        Assert.Equal(Instant.Never, alone.NextExpiry);
        Assert.Equal(earliest, answer.NextExpiry);
    }

    [Case]
    public async Task Several_dead_sessions_are_swept_at_once()
    {
        var (one, two, sweeper) = (await JoinAsync("one"), await JoinAsync("two"), await JoinSweeperAsync());
        var (first, second) = (await StartClaimedAsync(one), await StartClaimedAsync(two));
        await PassAsync(Worker.ClaimTimeout, sweeper);

        var answer = await sweeper.MaintainAsync();

        Assert.Equal([first.Id, second.Id], answer.Released.Order());
        Assert.Equal("one", Assert.Single(await Queries.ReadCrashesAsync(first.Id, Token)).Worker);
        Assert.Equal("two", Assert.Single(await Queries.ReadCrashesAsync(second.Id, Token)).Worker);
    }

    [Case]
    public async Task What_is_over_the_limit_is_released_by_the_next_rounds()
    {
        // The session is deleted in the first round, so the others find executions whose owner does not exist.
        var (victim, sweeper) = (await JoinAsync("victim"), await JoinSweeperAsync());
        var ids = new List<ExecutionId>();
        for (var i = 0; i < 5; i++)
        {
            ids.Add((await StartClaimedAsync(victim)).Id);
        }

        await PassAsync(Worker.ClaimTimeout, sweeper);
        var first = await sweeper.MaintainAsync(request => request with { Limit = 2 });
        var second = await sweeper.MaintainAsync(request => request with { Limit = 2 });
        var third = await sweeper.MaintainAsync(request => request with { Limit = 2 });

        Assert.Equal((2, 2, 1), (first.Released.Count, second.Released.Count, third.Released.Count));
        Assert.Equal((true, true, false), (first.More, second.More, third.More));
        Assert.Equal(ids, first.Released.Concat(second.Released).Concat(third.Released).Order());
        foreach (var id in ids)
        {
            Assert.Equal(victim.Session, Assert.Single(await Queries.ReadCrashesAsync(id, Token)).Session);
            Assert.Equal(2, (await RowAsync(id)).Epoch);
        }
    }

    [Case]
    public async Task Nobody_is_released_twice()
    {
        var (victim, one, two) = (await JoinAsync(), await JoinSweeperAsync(), await JoinSweeperAsync());
        var row = await StartClaimedAsync(victim);
        await PassAsync(Worker.ClaimTimeout, one, two);

        await one.MaintainAsync();
        var again = await two.MaintainAsync();

        Assert.Empty(again.Released);
        var released = await RowAsync(row.Id);
        Assert.Equal((1, 2L), (released.Crashes, released.Epoch));
    }
}
