namespace Hydra.Testing;

/// <summary>Two calls meet at one execution: in both orders, one in the middle of the other, and at once.</summary>
/// <remarks>Whatever way they meet, what comes of it is what comes of one of the two orders.</remarks>
internal sealed class RaceConformance(StoreHarness harness) : StoreTest(harness)
{
    [Race]
    public async Task Claim_and_claim(Meeting meeting)
    {
        var (one, other) = (await JoinAsync("one"), await JoinElsewhereAsync("other"));
        var id = await StartAsync();
        ClaimAnswer? first = null, second = null;

        await Race.PlayAsync(
            meeting,
            async gate => first = await ClaimAsync(one, gate),
            async gate => second = await ClaimAsync(other, gate));

        var (winner, loser) = first!.Executions.Count == 1 ? (one, other) : (other, one);
        Assert.Equal(id, Assert.Single(first.Executions.Concat(second!.Executions)).Row.Id);
        Assert.Equal((winner.Session, 1L), await OwnerAsync(id));
        Assert.Equal(id, Assert.Single((await winner.BeatAsync()).Owned).Id);
        Assert.Empty((await loser.BeatAsync()).Owned);
        Race.AssertOrder(meeting, winner == one);
    }

    [Race(OtherHalts = false)]
    public async Task Claim_and_heartbeat(Meeting meeting)
    {
        var worker = await JoinAsync();
        var elsewhere = new Worker(await ElsewhereAsync(), worker.Row);
        var id = await StartAsync();
        HeartbeatAnswer? beat = null;

        await Race.PlayAsync(
            meeting,
            async gate => Assert.Single((await ClaimAsync(worker, gate)).Executions),
            async _ => beat = await elsewhere.BeatAsync());

        Assert.False(beat!.Lost);
        Assert.Equal(id, Assert.Single((await worker.BeatAsync()).Owned).Id);
        Race.AssertOrder(meeting, beat.Owned.Count == 1);
    }

    [Race]
    public async Task Checkpoint_and_takeover(Meeting meeting)
    {
        var (zombie, sweeper) = (await JoinAsync("zombie"), await JoinSweeperAsync(store: await ElsewhereAsync()));
        var row = await StartClaimedAsync(zombie);
        await PassAsync(Worker.ClaimTimeout, sweeper);
        OperationAnswer written = default;
        var claimed = new List<ClaimedExecution>();

        await Race.PlayAsync(
            meeting,
            async gate => written = await CommitAsync(zombie, gate, Make.Advance(row, Make.Step(row, 1))),
            async gate =>
            {
                await sweeper.MaintainAsync();
                claimed.AddRange((await ClaimAsync(sweeper, gate)).Executions);
            });

        await sweeper.MaintainAsync(); // Either may have skipped the row while the zombie held it.
        claimed.AddRange((await sweeper.ClaimAsync()).Executions);
        var taken = Assert.Single(claimed);
        var wasKept = written.Kind == AnswerKind.Applied;
        Assert.Equal(wasKept ? AnswerKind.Applied : AnswerKind.Fenced, written.Kind);
        Assert.Equal(wasKept ? 2 : 1, taken.Entries.Count);
        Assert.Equal(taken.Entries, await JournalAsync(row.Id));
        Assert.Equal((sweeper.Session, 3L), await OwnerAsync(row.Id));
        Race.AssertOrder(meeting, wasKept);
    }

    [Race]
    public async Task Suspension_and_cancellation(Meeting meeting)
    {
        var worker = await JoinAsync();
        var client = await ElsewhereAsync();
        var row = await StartClaimedAsync(worker);
        OperationAnswer suspended = default, cancelled = default;

        await Race.PlayAsync(
            meeting,
            async gate => suspended = await CommitAsync(worker, gate, Make.Wait(row)),
            async gate => cancelled = await CommitAsync(client, gate, Make.Cancel(row.Id)));

        Assert.Equal(AnswerKind.Requested, cancelled.Kind);
        var after = await RowAsync(row.Id);
        Assert.Equal((1L, ExecutionRequests.Cancel), (after.Mail, after.Requests));
        var wasSuspended = suspended.Kind == AnswerKind.Applied;
        Assert.Equal(wasSuspended ? AnswerKind.Applied : AnswerKind.Continue, suspended.Kind);
        Assert.Equal(wasSuspended ? SessionId.None : worker.Session, after.Owner);
        Assert.Equal(wasSuspended ? row.Id : default, (await worker.ClaimIdsAsync()).SingleOrDefault());
        Race.AssertOrder(meeting, wasSuspended);
    }

    [Race]
    public async Task Completion_and_cancellation(Meeting meeting)
    {
        var worker = await JoinAsync();
        var client = await ElsewhereAsync();
        var row = await StartClaimedAsync(worker);
        OperationAnswer cancelled = default;

        await Race.PlayAsync(
            meeting,
            async gate => Assert.Equal(
                AnswerKind.Applied, (await CommitAsync(worker, gate, Make.Finish(row))).Kind),
            async gate => cancelled = await CommitAsync(client, gate, Make.Cancel(row.Id)));

        var after = await RowAsync(row.Id);
        Assert.Equal((ExecutionState.Completed, ExecutionRequests.None), (after.State, after.Requests));
        Assert.Equal(2, (await JournalAsync(row.Id)).Count);
        var endedBefore = cancelled.Kind == AnswerKind.AlreadyEnded;
        Assert.Equal(endedBefore ? AnswerKind.AlreadyEnded : AnswerKind.Requested, cancelled.Kind);
        Race.AssertOrder(meeting, endedBefore);
    }

    [Race]
    public async Task Retry_and_cancellation(Meeting meeting)
    {
        var worker = await JoinAsync();
        var client = await ElsewhereAsync();
        var row = await StartClaimedAsync(worker);
        OperationAnswer cancelled = default;

        await Race.PlayAsync(
            meeting,
            async gate => Assert.Equal(
                AnswerKind.Applied, (await CommitAsync(worker, gate, Make.Retry(row, Hour))).Kind),
            async gate => cancelled = await CommitAsync(client, gate, Make.Cancel(row.Id)));

        // Between two attempts nothing of its code runs, so it ends at once; before that its code hears of it.
        var after = await RowAsync(row.Id);
        var ended = cancelled.Kind == AnswerKind.Ended;
        Assert.Equal(ended ? AnswerKind.Ended : AnswerKind.Requested, cancelled.Kind);
        Assert.Equal(ended ? ExecutionState.Cancelled : ExecutionState.Pending, after.State);
        Assert.Equal(ended ? default : row.Id, (await worker.ClaimIdsAsync()).SingleOrDefault());
        Race.AssertOrder(meeting, ended);
    }

    [Race]
    public async Task Checkpoint_and_termination(Meeting meeting)
    {
        var worker = await JoinAsync();
        var client = await ElsewhereAsync();
        var row = await StartClaimedAsync(worker);
        OperationAnswer written = default, terminated = default;

        await Race.PlayAsync(
            meeting,
            async gate => written = await CommitAsync(worker, gate, Make.Advance(row, Make.Step(row, 1))),
            async gate => terminated = await CommitAsync(client, gate, Make.Terminate(row.Id)));

        var after = await RowAsync(row.Id);
        var wasKept = written.Kind == AnswerKind.Applied;
        Assert.Equal(wasKept ? AnswerKind.Applied : AnswerKind.Fenced, written.Kind);
        Assert.Equal(AnswerKind.Ended, terminated.Kind);
        Assert.Equal((ExecutionState.Cancelled, SessionId.None, 2L), (after.State, after.Owner, after.Epoch));
        Assert.Equal(wasKept ? 3 : 2, (await JournalAsync(row.Id)).Count);
        Race.AssertOrder(meeting, wasKept);
    }

    [Race]
    public async Task Retry_by_hand_and_cancellation(Meeting meeting)
    {
        var worker = await JoinAsync();
        var client = await ElsewhereAsync();
        var row = await StartClaimedAsync(worker);
        await worker.ApplyAsync(Make.Retry(row, Hour));
        OperationAnswer retried = default, cancelled = default;

        await Race.PlayAsync(
            meeting,
            async gate => retried = await CommitAsync(Store, gate, Make.RetryNow(row.Id, 1)),
            async gate => cancelled = await CommitAsync(client, gate, Make.Cancel(row.Id)));

        // What is between two attempts ends at once, whether it was made due or not.
        var wasDue = retried.Kind == AnswerKind.Due;
        Assert.Equal(wasDue ? AnswerKind.Due : AnswerKind.AlreadyEnded, retried.Kind);
        Assert.Equal(AnswerKind.Ended, cancelled.Kind);
        Assert.Equal(ExecutionState.Cancelled, (await RowAsync(row.Id)).State);
        Assert.Empty(await worker.ClaimIdsAsync());
        Race.AssertOrder(meeting, wasDue);
    }

    [Race]
    public async Task Claim_and_cancellation(Meeting meeting)
    {
        var worker = await JoinAsync();
        var client = await ElsewhereAsync();
        var id = await StartAsync();
        var claimed = new List<ClaimedExecution>();
        OperationAnswer cancelled = default;

        await Race.PlayAsync(
            meeting,
            async gate => claimed.AddRange((await ClaimAsync(worker, gate)).Executions),
            async gate => cancelled = await CommitAsync(client, gate, Make.Cancel(id)));

        claimed.AddRange((await worker.ClaimAsync()).Executions);
        var began = claimed.Count == 1;
        Assert.Equal(began ? AnswerKind.Requested : AnswerKind.Ended, cancelled.Kind);
        Assert.Equal(began ? ExecutionState.Running : ExecutionState.Cancelled, (await RowAsync(id)).State);
        Race.AssertOrder(meeting, began);
    }

    [Race(OtherHalts = false)]
    public async Task Late_claim_and_sweep(Meeting meeting)
    {
        var (victim, sweeper) = (await JoinAsync("victim"), await JoinSweeperAsync(store: await ElsewhereAsync()));
        await PassAsync(Worker.ClaimTimeout, sweeper);
        var id = await StartAsync();
        ClaimAnswer? late = null;

        await Race.PlayAsync(
            meeting,
            async gate => late = await ClaimAsync(victim, gate),
            async _ => await sweeper.MaintainAsync());

        // A claim that committed after its session was swept is found by the next round.
        await sweeper.MaintainAsync();
        Assert.Equal(late!.SessionLost ? 0 : 1, late.Executions.Count);
        Assert.Equal(late.SessionLost ? (SessionId.None, 0L) : (SessionId.None, 2L), await OwnerAsync(id));
        Assert.Equal(id, (await sweeper.ClaimOneAsync()).Id);
        Assert.True((await victim.BeatAsync()).Lost);
        Race.AssertOrder(meeting, !late.SessionLost);
    }

    [Race(OneHalts = false, OtherHalts = false)]
    public async Task Late_beat_and_sweep(Meeting meeting)
    {
        var (late, sweeper) = (await JoinAsync("late"), await JoinSweeperAsync(store: await ElsewhereAsync()));
        var row = await StartClaimedAsync(late);
        await PassAsync(Worker.ClaimTimeout, sweeper);
        HeartbeatAnswer? beat = null;

        await Race.PlayAsync(
            meeting,
            async _ => beat = await late.BeatAsync(),
            async _ => await sweeper.MaintainAsync());

        await sweeper.MaintainAsync();
        Assert.Equal(beat!.Lost ? (SessionId.None, 2L) : (late.Session, 1L), await OwnerAsync(row.Id));
        Assert.Equal(beat.Lost, (await late.BeatAsync()).Lost);
        Race.AssertOrder(meeting, !beat.Lost);
    }

    [Race(OtherHalts = false)]
    public async Task Release_and_sweep(Meeting meeting)
    {
        var (late, sweeper) = (await JoinAsync("late"), await JoinSweeperAsync(store: await ElsewhereAsync()));
        var row = await StartClaimedAsync(late);
        await PassAsync(Worker.ClaimTimeout, sweeper);
        OperationAnswer released = default;

        await Race.PlayAsync(
            meeting,
            async gate => released = await CommitAsync(late, gate, Make.Release(row)),
            async _ => await sweeper.MaintainAsync());

        await sweeper.MaintainAsync();
        var byItself = released.Kind == AnswerKind.Applied;
        var after = await RowAsync(row.Id);
        Assert.Equal(byItself ? AnswerKind.Applied : AnswerKind.Fenced, released.Kind);
        Assert.Equal(byItself ? (0, 1L) : (1, 2L), (after.Crashes, after.Epoch));
        Assert.Equal(SessionId.None, after.Owner);
        Race.AssertOrder(meeting, byItself);
    }

    [Race(OtherHalts = false)]
    public async Task Direct_start_and_sweep(Meeting meeting)
    {
        var (starter, sweeper) = (await JoinAsync("starter"), await JoinSweeperAsync(store: await ElsewhereAsync()));
        await PassAsync(Worker.ClaimTimeout, sweeper);
        var start = NewStart() with { Owner = starter.Session };
        OperationAnswer started = default;

        await Race.PlayAsync(
            meeting,
            async gate => started = await CommitAsync(starter, gate, start),
            async _ => await sweeper.MaintainAsync());

        await sweeper.MaintainAsync();
        Assert.Equal(AnswerKind.Started, started.Kind);
        Assert.Equal(started.Owned ? (SessionId.None, 2L) : (SessionId.None, 0L), await OwnerAsync(start.Id));
        Assert.Equal(start.Id, (await sweeper.ClaimOneAsync()).Id);
        Race.AssertOrder(meeting, started.Owned);
    }

    [Race(OtherHalts = false)]
    public async Task Claim_and_close(Meeting meeting)
    {
        var (worker, sweeper) = (await JoinAsync(), await JoinSweeperAsync(store: await ElsewhereAsync()));
        await worker.BeatAsync();
        var elsewhere = new Worker(await ElsewhereAsync(), worker.Row);
        var id = await StartAsync();
        ClaimAnswer? claimed = null;

        await Race.PlayAsync(
            meeting,
            async gate => claimed = await ClaimAsync(worker, gate),
            async _ => await elsewhere.CloseAsync());

        await sweeper.MaintainAsync();
        Assert.Equal(claimed!.SessionLost ? 0 : 1, claimed.Executions.Count);
        Assert.Equal(SessionId.None, (await RowAsync(id)).Owner);
        Assert.Equal(id, (await sweeper.ClaimOneAsync()).Id);
        Race.AssertOrder(meeting, !claimed.SessionLost);
    }

    [Race(OtherHalts = false)]
    public async Task Claim_and_deadline(Meeting meeting)
    {
        var (worker, other) = (await JoinAsync(), await JoinElsewhereAsync("other"));
        var id = await StartAsync(start => start with { Timeout = Second });
        Clock.Advance(Second);
        var claimed = new List<ClaimedExecution>();

        await Race.PlayAsync(
            meeting,
            async gate => claimed.AddRange((await ClaimAsync(worker, gate)).Executions),
            async _ => await other.MaintainAsync());

        await other.MaintainAsync();
        var began = claimed.Count == 1;
        Assert.Equal(began ? ExecutionState.Running : ExecutionState.TimedOut, (await RowAsync(id)).State);
        Assert.Equal(began ? 1 : 2, (await JournalAsync(id)).Count);
        Race.AssertOrder(meeting, began);
    }

    [Race]
    public async Task Start_and_start_with_one_key(Meeting meeting)
    {
        var elsewhere = await ElsewhereAsync();
        var (one, other) = (NewStart("order-1"), NewStart("order-1"));
        OperationAnswer first = default, second = default;

        await Race.PlayAsync(
            meeting,
            async gate => first = await CommitAsync(Store, gate, one),
            async gate => second = await CommitAsync(elsewhere, gate, other));

        var oneWon = first.Kind == AnswerKind.Started;
        Assert.Equal(oneWon ? AnswerKind.Existing : AnswerKind.Started, second.Kind);
        Assert.Equal(oneWon ? AnswerKind.Started : AnswerKind.Existing, first.Kind);
        Assert.Equal((oneWon ? one.Id : other.Id, first.Id), (first.Id, second.Id));
        Assert.Single(await Queries.ListAsync(new ExecutionFilter(), Token));
        Race.AssertOrder(meeting, oneWon);
    }

    [Race]
    public async Task Start_and_start_of_different_things_with_one_key(Meeting meeting)
    {
        var elsewhere = await ElsewhereAsync();
        OperationAnswer first = default, second = default;

        await Race.PlayAsync(
            meeting,
            async gate => first = await CommitAsync(Store, gate, NewStart("order-1", input: "1")),
            async gate => second = await CommitAsync(elsewhere, gate, NewStart("order-1", input: "2")));

        var oneWon = first.Kind == AnswerKind.Started;
        Assert.Equal(oneWon ? AnswerKind.Conflict : AnswerKind.Started, second.Kind);
        Assert.Equal(oneWon ? AnswerKind.Started : AnswerKind.Conflict, first.Kind);
        Assert.Single(await Queries.ListAsync(new ExecutionFilter(), Token));
        Race.AssertOrder(meeting, oneWon);
    }

    [Race(OneHalts = false, OtherHalts = false)]
    public async Task Migration_and_migration(Meeting meeting)
    {
        await using var fresh = Harness.CreateAnother();
        var one = await fresh.OpenAsync(migrate: false, cancellationToken: Token);
        var other = one.Capabilities.ManyProcesses
            ? await fresh.OpenAsync(migrate: false, cancellationToken: Token)
            : one;

        await Race.PlayAsync(meeting, _ => one.MigrateAsync(Token), _ => other.MigrateAsync(Token));

        await one.VerifyAsync(Token);
        await other.VerifyAsync(Token);
        var answer = await one.CommitAsync(new CommitBatch(SessionId.None, [NewStart()]), Token);
        Assert.NotNull(await other.Queries.FindAsync(answer.Answers[0].Id, Token));
    }

    private static Task<ClaimAnswer> ClaimAsync(Worker worker, Gate gate) => worker.ClaimAsync(request => request with
    {
        CachedThrough = _ =>
        {
            gate.Pass();
            return -1;
        },
    });

    private static Task<OperationAnswer> CommitAsync(Worker worker, Gate gate, StoreOperation operation) =>
        CommitAsync(worker.Store, gate, new CommitBatch(worker.Session, [operation]));

    private static Task<OperationAnswer> CommitAsync(IWorkflowStore store, Gate gate, StoreOperation operation) =>
        CommitAsync(store, gate, new CommitBatch(SessionId.None, [operation]));

    /// <summary>Repeats what the database undid, as the engine does: of two that meet it may undo one.</summary>
    private static async Task<OperationAnswer> CommitAsync(IWorkflowStore store, Gate gate, CommitBatch batch)
    {
        for (var round = 1; ; round++)
        {
            try
            {
                var answer = await store.CommitAsync(
                    () =>
                    {
                        gate.Pass();
                        return batch;
                    },
                    Token);
                return Assert.Single(answer.Answers);
            }
            catch (StoreException exception) when (exception.Kind == StoreErrorKind.RolledBack && round < 10)
            {
            }
        }
    }

    private async Task<(SessionId Owner, long Epoch)> OwnerAsync(ExecutionId id)
    {
        var row = await RowAsync(id);
        return (row.Owner, row.Epoch);
    }

    /// <summary>A store of another process, where there can be one.</summary>
    private async Task<IWorkflowStore> ElsewhereAsync() =>
        Store.Capabilities.ManyProcesses ? await Harness.OpenAsync(cancellationToken: Token) : Store;

    private async Task<Worker> JoinElsewhereAsync(string worker) =>
        await JoinAsync(worker, store: await ElsewhereAsync());
}
