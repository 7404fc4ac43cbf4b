namespace Hydra.Testing;

/// <summary>Ending an execution at once, in every state, and what its owner may still write.</summary>
internal sealed class TerminateConformance(StoreHarness harness) : StoreTest(harness)
{
    [Case]
    public async Task What_is_not_there_is_not_found() =>
        Assert.Equal(AnswerKind.NotFound, (await CommitAsync(Make.Terminate(NewId()))).Kind);

    [Case]
    public async Task What_never_began_ends()
    {
        var id = await StartAsync(start => start with { Delay = Hour, Timeout = Hour });
        var before = await RowAsync(id);
        Clock.Advance(Second);

        var answer = await CommitAsync(Make.Terminate(id));

        Assert.Equal((AnswerKind.Ended, id, ExecutionState.Cancelled), (answer.Kind, answer.Id, answer.State));
        await AssertTerminatedAsync(before);
        Assert.Null((await RowAsync(id)).StartedAt);
    }

    [Case]
    public async Task What_runs_ends_and_its_owner_owns_nothing()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        await worker.ApplyAsync(Make.Advance(row, Make.Step(row, 1)));

        var answer = await CommitAsync(Make.Terminate(row.Id));

        Assert.Equal(AnswerKind.Ended, answer.Kind);
        await AssertTerminatedAsync(row, seq: 2);
        Assert.Empty((await worker.BeatAsync()).Owned);
    }

    [Case]
    public async Task What_its_owner_writes_afterwards_is_fenced()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        await CommitAsync(Make.Terminate(row.Id));
        var before = await DumpAsync(row.Id);

        // The terminal entry stands at the very seq that the owner writes next.
        var answers = await worker.CommitAsync(
            Make.Advance(row, Make.Step(row, 1)),
            Make.Sleep(row, Now.Plus(Hour)),
            Make.Release(row),
            Make.Finish(row));

        Assert.All(answers, answer => Assert.Equal(AnswerKind.Fenced, answer.Kind));
        Assert.Equal(before, await DumpAsync(row.Id));
    }

    [Case]
    public async Task What_its_owner_had_written_before_stays_applied()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        var advance = Make.Advance(row, Make.Step(row, 1));
        await worker.ApplyAsync(advance);
        await CommitAsync(Make.Terminate(row.Id));
        var before = await DumpAsync(row.Id);

        Assert.Equal(AnswerKind.Applied, (await worker.CommitAsync(advance)).Kind);
        Assert.Equal(before, await DumpAsync(row.Id));
    }

    [Case]
    public async Task A_sleeper_ends_and_its_suspension_stays_applied()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        var sleep = Make.Sleep(row, Now.Plus(Hour), 0, Make.Step(row, 1));
        await worker.ApplyAsync(sleep);

        await CommitAsync(Make.Terminate(row.Id));

        await AssertTerminatedAsync(row, seq: 2);
        var before = await DumpAsync(row.Id);
        Assert.Equal(AnswerKind.Applied, (await worker.CommitAsync(sleep)).Kind);
        Assert.Equal(before, await DumpAsync(row.Id));
    }

    [Case]
    public async Task What_waits_for_no_time_ends()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        await worker.ApplyAsync(Make.Wait(row));

        await CommitAsync(Make.Terminate(row.Id));

        await AssertTerminatedAsync(row);
    }

    [Case]
    public async Task What_is_between_attempts_ends()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        await worker.ApplyAsync(Make.Retry(row, Minute, Make.Entry(row, 1, EntryKind.AttemptFailed)));

        await CommitAsync(Make.Terminate(row.Id));

        await AssertTerminatedAsync(row, seq: 2);
        Assert.Equal(2, (await RowAsync(row.Id)).Attempt);
    }

    [Case]
    public async Task What_is_blocked_ends_and_keeps_what_was_said()
    {
        var (worker, newer) = (await JoinAsync(), await JoinAsync("newer", "build-2"));
        var row = await StartClaimedAsync(worker);
        await worker.ApplyAsync(Make.Refuse(row, "build-1"));

        await CommitAsync(Make.Terminate(row.Id));

        await AssertTerminatedAsync(row);
        Assert.Single(await Queries.ReadRefusalsAsync(row.Id, Token));
        Assert.Empty((await newer.MaintainAsync()).Unblocked);
    }

    [Case]
    public async Task What_is_quarantined_ends()
    {
        var sweeper = await JoinSweeperAsync();
        var id = await StartAsync();
        await CrashAsync(sweeper);
        await CrashAsync(sweeper);
        await CrashAsync(sweeper, change: request => request with { QuarantineAfter = 1 });
        var before = await RowAsync(id);
        Assert.Equal(BlockedReason.Quarantined, before.BlockedReason);

        await CommitAsync(Make.Terminate(id));

        await AssertTerminatedAsync(before);
        Assert.Equal(3, (await RowAsync(id)).Crashes);
    }

    [Case]
    public async Task What_was_asked_to_be_cancelled_ends_without_hearing_of_it()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        await CancelAsync(row.Id);

        await CommitAsync(Make.Terminate(row.Id));

        await AssertTerminatedAsync(row);
        Assert.Equal(ExecutionRequests.None, (await RowAsync(row.Id)).Requests);
    }

    [Case]
    public async Task What_has_ended_stays_as_it_is()
    {
        var worker = await JoinAsync();
        var (finished, cancelled) = (await StartClaimedAsync(worker), await StartAsync());
        await worker.ApplyAsync(Make.Finish(finished));
        await CancelAsync(cancelled);
        var before = await Dump.NamespaceAsync(Queries, Token);

        var answers = await CommitAsync(Make.Terminate(finished.Id), Make.Terminate(cancelled));

        Assert.All(answers, answer => Assert.Equal(AnswerKind.AlreadyEnded, answer.Kind));
        Assert.Equal(
            [ExecutionState.Completed, ExecutionState.Cancelled], answers.Select(answer => answer.State));
        Assert.Equal(before, await Dump.NamespaceAsync(Queries, Token));
    }

    [Case]
    public async Task Submitted_again_it_answers_as_before()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        var terminate = Make.Terminate(row.Id);
        await CommitAsync(terminate);
        var before = await DumpAsync(row.Id);
        Clock.Advance(Second);

        var again = await CommitAsync(terminate);

        Assert.Equal((AnswerKind.Ended, ExecutionState.Cancelled), (again.Kind, again.State));
        Assert.Equal(before, await DumpAsync(row.Id));
    }

    [Case]
    public async Task Another_one_comes_too_late()
    {
        var id = await StartAsync();
        await CommitAsync(Make.Terminate(id, "first"));
        var before = await DumpAsync(id);

        var answer = await CommitAsync(Make.Terminate(id, "second"));

        Assert.Equal(AnswerKind.AlreadyEnded, answer.Kind);
        Assert.Equal(before, await DumpAsync(id));
    }

    [Case]
    public async Task Nobody_claims_sweeps_or_times_out_what_was_terminated()
    {
        var sweeper = await JoinSweeperAsync();
        var victim = await JoinAsync("victim");
        var row = await StartClaimedAsync(victim, start => start with { Timeout = Second });
        await CommitAsync(Make.Terminate(row.Id));
        var before = await DumpAsync(row.Id);

        await PassAsync(Worker.ClaimTimeout + Minute, sweeper);
        var answer = await sweeper.MaintainAsync();

        Assert.Empty(answer.Released.Concat(answer.TimedOut));
        Assert.Empty(await sweeper.ClaimIdsAsync());
        Assert.Equal(before, await DumpAsync(row.Id));
    }

    [Case]
    public async Task The_entry_of_an_end_is_never_earlier_than_the_one_before()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        await worker.ApplyAsync(Make.Advance(row, Make.Step(row, 1) with { At = Now.Plus(Second) }));

        await CommitAsync(Make.Terminate(row.Id));

        Assert.Equal(Now.Plus(Second), (await JournalAsync(row.Id))[^1].At);
    }

    [Case]
    public async Task A_start_may_be_terminated_in_its_own_batch()
    {
        var worker = await JoinAsync();
        var start = NewStart() with { Owner = worker.Session };

        var answers = await worker.CommitAsync(start, Make.Terminate(start.Id));
        var again = await worker.CommitAsync(start);

        Assert.Equal([AnswerKind.Started, AnswerKind.Ended], answers.Select(answer => answer.Kind));
        Assert.Equal((AnswerKind.Started, false), (again.Kind, again.Owned));
    }

    private async Task AssertTerminatedAsync(ExecutionRow before, long seq = 1)
    {
        var row = await RowAsync(before.Id);
        Assert.Equal(
            (ExecutionState.Cancelled, SessionId.None, BlockedReason.None, before.Epoch + 1, seq, (Instant?)Now),
            (row.State, row.Owner, row.BlockedReason, row.Epoch, row.LastSeq, row.FinishedAt));
        var entry = (await JournalAsync(before.Id))[^1];
        Assert.Equal(
            (seq, EntryKind.Terminal, true, before.Epoch + 1), (entry.Seq, entry.Kind, entry.Failed, entry.Epoch));
        Assert.Equal((Make.Terminate(before.Id).Failure, ""), (entry.Output, entry.Worker));
    }
}
