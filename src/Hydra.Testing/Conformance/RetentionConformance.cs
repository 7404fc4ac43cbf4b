namespace Hydra.Testing;

/// <summary>Finding and forgetting what has ended: whole executions, and nothing else.</summary>
internal sealed class RetentionConformance(StoreHarness harness) : RetentionTest(harness)
{
    [Case]
    public async Task What_has_ended_is_listed_in_the_order_of_ids_with_how_and_when_it_ended()
    {
        var worker = await JoinAsync();
        var live = await StartClaimedAsync(worker);
        ExecutionState[] states =
        [
            ExecutionState.Failed, ExecutionState.Completed, ExecutionState.TimedOut, ExecutionState.Completed,
            ExecutionState.Cancelled,
        ];
        var ids = new List<ExecutionId>();
        foreach (var state in states)
        {
            Clock.Advance(Second);
            ids.Add(await EndAsync(worker, state, start => start with { Key = ids.Count == 2 ? "key" : null }));
            await StartAsync();
        }

        var ended = (await ListAsync()).Executions;

        Assert.Equal(ids, ended.Select(static one => one.Id));
        Assert.Equal(states, ended.Select(static one => one.State));
        Assert.All(ended, one => Assert.Equal((Make.Workflow, 1L, 1L), (one.Workflow, one.Epoch, one.LastSeq)));
        foreach (var one in ended)
        {
            Assert.Equal((await RowAsync(one.Id)).FinishedAt, one.FinishedAt);
        }

        Assert.DoesNotContain(ended, one => one.Id == live.Id);
    }

    [Case(1)]
    [Case(3)]
    [Case(1000)]
    public async Task A_walk_in_pages_finds_all_that_has_ended_once_also_behind_what_has_not(int limit)
    {
        var worker = await JoinAsync();
        var ids = new List<ExecutionId>();
        for (var i = 0; i < 7; i++)
        {
            ids.Add(await EndAsync(worker));
            await StartManyAsync(i == 3 ? 4 : 0, start => start with { Delay = Hour }); // More than a page of them.
            Clock.Advance(Second);
        }

        Assert.Equal(ids, (await WalkAsync(limit)).Select(static one => one.Id));
        Assert.Equal(ids[..4], (await WalkAsync(limit, before: ids[4])).Select(static one => one.Id));
    }

    [Case]
    public async Task A_walk_finds_all_where_most_are_of_one_shard()
    {
        var worker = await JoinAsync();
        var starts = Enumerable.Range(0, 40)
            .Select(i => Make.Start(
                ExecutionId.Create(
                    Clock.GetUtcNow().ToUnixTimeMilliseconds(), (ulong)i << 32, (byte)(i % 8 == 0 ? i : 7))))
            .ToArray();
        await CommitAsync([.. starts]);
        foreach (var claimed in (await worker.ClaimAsync()).Executions)
        {
            await worker.ApplyAsync(Make.Finish(claimed.Row));
        }

        var ended = await WalkAsync(limit: 20);

        Assert.Equal(starts.Select(static start => start.Id).Order(), ended.Select(static one => one.Id));
    }

    [Case]
    public async Task A_deletion_leaves_nothing_of_an_execution_and_everything_of_its_neighbours()
    {
        var sweeper = await JoinSweeperAsync();
        var source = await EndAsync(sweeper);
        var (gone, neighbour) = (await MakeRichAsync("key", source), await MakeRichAsync("other", source));
        var before = await DumpAsync(neighbour);

        Assert.Equal(gone, Assert.Single(await DeleteAsync(await EndedAsync(gone))));

        Assert.Equal($"{gone} is not there\n", await DumpAsync(gone));
        Assert.Equal(before, await DumpAsync(neighbour));
        Assert.Empty(await JournalAsync(gone));
        Assert.Empty(await Queries.ReadTriesAsync(gone, Token));
        Assert.Empty(await Queries.ReadCrashesAsync(gone, Token));
        Assert.Empty(await Queries.ReadRefusalsAsync(gone, Token));
        Assert.Null(await Queries.FindOriginAsync(gone, Token));
        Assert.Null(await Queries.FindByKeyAsync("key", Token));
        Assert.Equal(neighbour, Assert.Single(await Queries.ListDescendantsAsync(source, null, 10, Token)).Execution);
        Assert.Equal([source, neighbour], (await ListAsync()).Executions.Select(static one => one.Id));
    }

    [Case]
    public async Task A_key_is_free_again_for_any_workflow_and_input()
    {
        var worker = await JoinAsync();
        var id = await EndAsync(worker, change: start => start with { Key = "key" });
        await DeleteAsync(await EndedAsync(id));

        var answer = await CommitAsync(NewStart("key", input: "another") with { Workflow = "refund" });

        Assert.Equal(AnswerKind.Started, answer.Kind);
        Assert.NotEqual(id, answer.Id);
        Assert.Equal(answer.Id, (await Queries.FindByKeyAsync("key", Token))!.Id);
        Assert.Single(await JournalAsync(answer.Id));
    }

    [Case]
    public async Task What_is_live_or_ended_under_another_epoch_or_unknown_stays_as_it_is()
    {
        var worker = await JoinAsync();
        var ended = await EndedAsync(await EndAsync(worker));
        var (running, waiting) = (await StartClaimedAsync(worker), await StartAsync());
        var before = await Dump.NamespaceAsync(Queries, Token);

        var deleted = await DeleteAsync(
            ended with { Epoch = ended.Epoch + 1 },
            ended with { Id = running.Id, Epoch = running.Epoch },
            ended with { Id = waiting, Epoch = 0 },
            ended with { Id = NewId() });

        Assert.Empty(deleted);
        Assert.Empty(await DeleteAsync());
        Assert.Equal(before, await Dump.NamespaceAsync(Queries, Token));
    }

    [Case]
    public async Task Of_several_those_that_can_be_deleted_are_and_the_same_again_deletes_none()
    {
        var worker = await JoinAsync();
        var (one, other) = (await EndAsync(worker), await EndAsync(worker, ExecutionState.Failed));
        var live = await StartClaimedAsync(worker);
        EndedRow[] meant =
        [
            await EndedAsync(one), new EndedRow(live.Id, Make.Workflow, ExecutionState.Completed, 1, 0, Now),
            await EndedAsync(other),
        ];

        var first = await DeleteAsync(meant);

        Assert.Equal([one, other], first.Order());
        Assert.Empty(await DeleteAsync(meant));
        Assert.Equal(live.Id, Assert.Single(await Queries.ListAsync(new ExecutionFilter(), Token)).Id);
    }

    [Case]
    public async Task The_same_execution_twice_in_one_call_is_deleted_once()
    {
        var ended = await EndedAsync(await EndAsync(await JoinAsync(), change: start => start with { Key = "key" }));

        Assert.Equal(ended.Id, Assert.Single((await DeleteAsync(ended, ended)).Distinct()));

        Assert.Null(await Queries.FindAsync(ended.Id, Token));
    }

    [Case]
    public async Task Whatever_comes_late_for_what_is_gone_finds_nothing_and_writes_nothing()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        await worker.ApplyAsync(Make.Finish(row));
        await DeleteAsync(await EndedAsync(row.Id));

        var answers = await CommitAsync(
            Make.Cancel(row.Id), Make.RetryNow(row.Id, 7), Make.Terminate(row.Id), Make.Finish(row),
            Make.Advance(row, Make.Step(row, 1)) with { Tries = [Make.Try(row, "charge")] });

        Assert.Equal(
            [
                AnswerKind.NotFound, AnswerKind.NotFound, AnswerKind.NotFound, AnswerKind.Fenced, AnswerKind.Fenced,
            ],
            answers.Select(static answer => answer.Kind));
        Assert.Equal($"{row.Id} is not there\n", await DumpAsync(row.Id));
        Assert.Empty(await JournalAsync(row.Id));
        Assert.Empty(await Queries.ReadTriesAsync(row.Id, Token));
        Assert.Empty((await worker.BeatAsync()).Owned);
    }

    [Case]
    public async Task A_namespace_is_neither_listed_nor_deleted_by_another()
    {
        var worker = await JoinAsync();
        var ended = await EndedAsync(await EndAsync(worker, change: start => start with { Key = "key" }));
        var stranger = RetentionOf(await Harness.OpenAsync("others", cancellationToken: Token));
        var before = await DumpAsync(ended.Id);

        Assert.Empty((await stranger.ListEndedAsync(null, BehindAll, 1000, Token)).Executions);
        Assert.Empty(await stranger.DeleteAsync([ended], Token));

        Assert.Equal(before, await DumpAsync(ended.Id));
        Assert.Equal(ended.Id, (await Queries.FindByKeyAsync("key", Token))!.Id);
    }

    [Case]
    public async Task A_deletion_whose_answer_was_lost_is_done_once_when_it_is_submitted_again()
    {
        var worker = await JoinAsync();
        foreach (var fault in StoreFault.For(StoreCallKind.DeleteEnded))
        {
            var faulty = new FaultyStore(
                Store, call => call is { Kind: StoreCallKind.DeleteEnded, Number: 1 } ? fault : null);
            var ended = await EndedAsync(await EndAsync(worker));

            var error = await Assert.ThrowsAsync<StoreException>(
                () => RetentionOf(faulty).DeleteAsync([ended], Token));
            var isThere = await Queries.FindAsync(ended.Id, Token) is not null;
            var again = await DeleteAsync(faulty, ended);

            Assert.Equal((fault.Kind, fault.Happens), (error.Kind, !isThere));
            Assert.Equal(isThere ? [ended.Id] : [], again);
            Assert.Null(await Queries.FindAsync(ended.Id, Token));
        }
    }

    [Case]
    public async Task A_call_is_about_a_thousand_executions_at_most()
    {
        var ended = await EndedAsync(await EndAsync(await JoinAsync()));

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => ListAsync(limit: 0));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => ListAsync(limit: 1001));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => DeleteAsync([.. Enumerable.Repeat(ended, 1001)]));
        Assert.NotNull(await Queries.FindAsync(ended.Id, Token));
    }

    /// <summary>An execution with something in every table there is, that has ended.</summary>
    private async Task<ExecutionId> MakeRichAsync(string key, ExecutionId source)
    {
        var sweeper = await JoinSweeperAsync();
        var id = await StartAsync(start => start with { Key = key, Origin = Origin.OfRerun(source) });
        await CrashAsync(sweeper);
        await PassAsync(Minute, sweeper);
        var refusing = await JoinAsync("refusing", "build-2");
        var refused = await refusing.ClaimOneAsync();
        await refusing.ApplyAsync(Make.Refuse(refused, "build-2"));
        await sweeper.MaintainAsync();
        var row = await sweeper.ClaimOneAsync();
        await sweeper.ApplyAsync(
            Make.Advance(row, Make.Step(row, 1)) with { Tries = [Make.Try(row, "charge"), Make.Try(row, "pay", 2)] });
        await sweeper.ApplyAsync(Make.Finish(row, seq: 2));
        Assert.NotEmpty(await Queries.ReadCrashesAsync(id, Token));
        Assert.NotEmpty(await Queries.ReadRefusalsAsync(id, Token));
        Assert.NotEmpty(await Queries.ReadTriesAsync(id, Token));
        return id;
    }
}
