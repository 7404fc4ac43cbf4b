namespace Hydra.Testing;

/// <summary>How sessions of workers are opened, kept alive by beats, and closed.</summary>
internal sealed class SessionConformance(StoreHarness harness) : StoreTest(harness)
{
    private static readonly TimeSpan HalfTimeout = Worker.ClaimTimeout / 2;

    [Case]
    public async Task Opening_stamps_the_times_by_the_database_clock()
    {
        var session = NewSession() with
        {
            Workflows = ["order", "refund"],
            StartedAt = new Instant(1),
            LastBeatAt = new Instant(2),
            OnTimeSince = new Instant(3),
            ExpiresAt = new Instant(4),
        };

        var now = await Store.OpenSessionAsync(session, Token);

        Assert.Equal(Now, now);
        var expected = session with
        {
            StartedAt = Now,
            LastBeatAt = Now,
            OnTimeSince = Now,
            ExpiresAt = Now.Plus(Worker.ClaimTimeout),
        };
        Assert.Equal(Dump.Session(expected), Dump.Session(await SessionAsync(session.Id)));
    }

    [Case]
    public async Task Opening_the_same_session_again_is_one_session()
    {
        var session = NewSession();
        await Store.OpenSessionAsync(session, Token);

        await Store.OpenSessionAsync(session, Token);

        Assert.Equal(session.Id, Assert.Single(await Queries.ListSessionsAsync(Token)).Id);
    }

    [Case]
    public async Task Sessions_are_listed_by_the_name_of_their_worker()
    {
        foreach (var name in new[] { "b", "c", "a", "b" })
        {
            await JoinAsync(name);
        }

        var names = (await Queries.ListSessionsAsync(Token)).Select(session => session.Worker);

        Assert.Equal(["a", "b", "b", "c"], names);
    }

    [Case]
    public async Task A_beat_extends_the_lease()
    {
        var worker = await JoinAsync();
        Clock.Advance(Second);

        var answer = await worker.BeatAsync();

        Assert.False(answer.Lost);
        Assert.Equal(Now, answer.Now);
        var session = await SessionAsync(worker.Session);
        Assert.Equal((Now, Now.Plus(Worker.ClaimTimeout)), (session.LastBeatAt, session.ExpiresAt));
    }

    [Case]
    public async Task A_beat_of_an_unknown_session_is_lost()
    {
        var answer = await Store.HeartbeatAsync(new SessionId(99), [], Token);

        Assert.True(answer.Lost);
        Assert.Empty(answer.Owned);
        Assert.Equal(Now, answer.Now);
        Assert.Empty(await Queries.ListSessionsAsync(Token));
    }

    [Case]
    public async Task A_beat_in_time_leaves_the_session_on_time()
    {
        var worker = await JoinAsync();
        var opened = Now;
        Clock.Advance(HalfTimeout);

        await worker.BeatAsync();

        Assert.Equal(opened, (await SessionAsync(worker.Session)).OnTimeSince);
    }

    [Case]
    public async Task A_gap_of_more_than_half_the_claim_timeout_starts_on_time_anew()
    {
        var worker = await JoinAsync();
        Clock.Advance(HalfTimeout + TimeSpan.FromMicroseconds(1));

        await worker.BeatAsync();

        Assert.Equal(Now, (await SessionAsync(worker.Session)).OnTimeSince);
    }

    [Case]
    public async Task The_gap_is_measured_from_the_last_beat()
    {
        var worker = await JoinAsync();
        var opened = Now;
        for (var i = 0; i < 5; i++)
        {
            Clock.Advance(HalfTimeout);
            await worker.BeatAsync();
        }

        Assert.Equal(opened, (await SessionAsync(worker.Session)).OnTimeSince);
    }

    [Case]
    public async Task A_beat_revives_a_lease_that_ended_unswept()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        Clock.Advance(Worker.ClaimTimeout * 3);

        var answer = await worker.BeatAsync();

        Assert.False(answer.Lost);
        Assert.Equal([new OwnedExecution(row.Id, 1, 0, default)], answer.Owned);
        Assert.Equal(Now.Plus(Worker.ClaimTimeout), (await SessionAsync(worker.Session)).ExpiresAt);
        await worker.ApplyAsync(Make.Finish(row));
    }

    [Case]
    public async Task A_beat_tells_what_the_session_owns_and_nothing_else()
    {
        var (worker, other) = (await JoinAsync(), await JoinAsync());
        var plain = await StartClaimedAsync(worker);
        var settled = await StartClaimedAsync(worker);
        var cancelled = await StartClaimedAsync(worker);
        await worker.ApplyAsync(Make.Release(settled));
        await other.ClaimOneAsync();
        await CancelAsync(cancelled.Id);

        var answer = await worker.BeatAsync();

        Assert.Equal(
            new HashSet<OwnedExecution>
            {
                new(plain.Id, 1, 0, ExecutionRequests.None),
                new(cancelled.Id, 1, 1, ExecutionRequests.Cancel),
            },
            answer.Owned.ToHashSet());
        Assert.Equal([new OwnedExecution(settled.Id, 2, 0, default)], (await other.BeatAsync()).Owned);
    }

    [Case]
    public async Task A_closed_session_is_gone()
    {
        var worker = await JoinAsync();

        await worker.CloseAsync();

        Assert.Empty(await Queries.ListSessionsAsync(Token));
        Assert.True((await worker.BeatAsync()).Lost);
        Assert.Empty(await Queries.ListSessionsAsync(Token));
    }

    [Case]
    public async Task Closing_hands_back_what_the_session_still_owns()
    {
        var (worker, other) = (await JoinAsync(), await JoinAsync());
        var row = await StartClaimedAsync(worker);
        await worker.ApplyAsync(Make.Advance(row, Make.Step(row, 1)));
        Clock.Advance(Second);

        await worker.CloseAsync();

        var expected = row with
        {
            State = ExecutionState.Pending,
            Owner = SessionId.None,
            LastSeq = 1,
            DueAt = Now,
        };
        Assert.Equal(expected, await RowAsync(row.Id));
        Assert.Empty(await Queries.ReadCrashesAsync(row.Id, Token));
        Assert.Equal(AnswerKind.Fenced, (await worker.CommitAsync(Make.Finish(row, 2))).Kind);
        Assert.Equal(2, (await other.ClaimOneAsync()).Epoch);
    }

    [Case]
    public async Task Closing_touches_no_other_session()
    {
        var (worker, other) = (await JoinAsync(), await JoinAsync());
        var row = await StartClaimedAsync(other);

        await worker.CloseAsync();

        Assert.Equal(other.Session, Assert.Single(await Queries.ListSessionsAsync(Token)).Id);
        await other.ApplyAsync(Make.Finish(row));
    }

    [Case]
    public async Task Closing_twice_does_no_harm()
    {
        var worker = await JoinAsync();
        await worker.CloseAsync();

        await worker.CloseAsync();

        Assert.Empty(await Queries.ListSessionsAsync(Token));
    }

    [Case]
    public async Task A_clock_that_goes_back_does_not_take_the_database_with_it()
    {
        SkipUnless(Harness.ClockNeverGoesBack, "This database's clock goes back with the machine's.");
        var worker = await JoinAsync();
        var before = Now;
        Clock.AdjustTime(Clock.GetUtcNow() - Hour);

        var beat = await worker.BeatAsync();

        Assert.Equal(before, beat.Now);
        Assert.Equal(before, await Queries.NowAsync(Token));
        Assert.Equal(before, (await RowAsync(await StartAsync())).CreatedAt);
    }

    private async Task<SessionRow> SessionAsync(SessionId id) =>
        Assert.Single(await Queries.ListSessionsAsync(Token), session => session.Id == id);
}
