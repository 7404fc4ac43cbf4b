namespace Hydra.Testing;

/// <summary>What people and tools can read. How rows and journals look is in all the other tests.</summary>
internal sealed class QueryConformance(StoreHarness harness) : StoreTest(harness)
{
    [Case]
    public async Task What_does_not_exist_is_null_or_empty()
    {
        var id = NewId();

        Assert.Null(await Queries.FindAsync(id, Token));
        Assert.Null(await Queries.FindByKeyAsync("order-1", Token));
        Assert.Empty(await Queries.ReadJournalAsync(id, -1, 10, Token));
        Assert.Empty(await Queries.ReadTriesAsync(id, Token));
        Assert.Empty(await Queries.ReadCrashesAsync(id, Token));
        Assert.Empty(await Queries.ReadRefusalsAsync(id, Token));
        Assert.Empty(await Queries.ListAsync(new ExecutionFilter(), Token));
        Assert.Empty(await Queries.ListSessionsAsync(Token));
    }

    [Case]
    public async Task An_execution_is_found_by_its_key()
    {
        await StartAsync(start => start with { Key = "order-1" });
        var id = await StartAsync(start => start with { Key = "order-2" });

        var row = await Queries.FindByKeyAsync("order-2", Token);

        Assert.Equal(await Queries.FindAsync(id, Token), row);
        Assert.Null(await Queries.FindByKeyAsync("order-3", Token));
    }

    [Case]
    public async Task Ends_are_found_of_many_at_once()
    {
        var worker = await JoinAsync();
        var running = await StartClaimedAsync(worker);
        var completed = await StartClaimedAsync(worker);
        var empty = await StartClaimedAsync(worker);
        await worker.CommitAsync(
            Make.Advance(completed, Make.Step(completed, 1)),
            Make.Finish(completed, seq: 2),
            Make.Finish(empty, 1, ExecutionState.TimedOut));
        var cancelled = await StartAsync();
        await CancelAsync(cancelled);
        var pending = await StartAsync();
        var last = Assert.Single(await Queries.ReadJournalAsync(completed.Id, 1, 10, Token));
        ExecutionId[] ids = [running.Id, completed.Id, NewId(), empty.Id, cancelled, pending];

        var ends = await Queries.FindEndsAsync(ids, int.MaxValue, Token);
        var exact = await Queries.FindEndsAsync(ids, last.Output.Length, Token);
        var shorter = await Queries.FindEndsAsync(ids, last.Output.Length - 1, Token);

        Assert.Equal(
            [
                new FoundEnd(running.Id, ExecutionState.Running, null),
                new FoundEnd(completed.Id, ExecutionState.Completed, last),
                new FoundEnd(
                    empty.Id,
                    ExecutionState.TimedOut,
                    Assert.Single(await Queries.ReadJournalAsync(empty.Id, 0, 10, Token))),
                new FoundEnd(cancelled, ExecutionState.Cancelled, ends.Single(end => end.Id == cancelled).Last),
                new FoundEnd(pending, ExecutionState.Pending, null),
            ],
            ends.OrderBy(end => Array.IndexOf(ids, end.Id)));
        Assert.Equal(EntryKind.Terminal, ends.Single(end => end.Id == cancelled).Last?.Kind);
        Assert.Equal(last, exact.Single(end => end.Id == completed.Id).Last);
        Assert.Null(shorter.Single(end => end.Id == completed.Id).Last);
        Assert.Equal(ids.Length - 1, shorter.Count);
    }

    [Case]
    public async Task Ends_are_found_of_a_thousand_at_most()
    {
        var id = await StartAsync();
        ExecutionId[] ids = [id, .. Enumerable.Range(1, 999).Select(_ => NewId())];

        Assert.Empty(await Queries.FindEndsAsync([], 0, Token));
        Assert.Equal(
            new FoundEnd(id, ExecutionState.Pending, null), Assert.Single(await Queries.FindEndsAsync(ids, 0, Token)));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => Queries.FindEndsAsync([.. ids, NewId()], 0, Token));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Queries.FindEndsAsync(ids, -1, Token));
    }

    [Case]
    public async Task Executions_are_listed_the_newest_first()
    {
        var ids = await StartManyAsync(5);

        var rows = await Queries.ListAsync(new ExecutionFilter(), Token);

        Assert.Equal(Enumerable.Reverse(ids), rows.Select(row => row.Id));
        Assert.Equal(await Queries.FindAsync(ids[4], Token), rows[0]);
    }

    [Case]
    public async Task A_list_is_read_in_pages()
    {
        var ids = await StartManyAsync(5);
        var read = new List<ExecutionId>();
        var filter = new ExecutionFilter { Limit = 2 };

        for (var page = 0; page < 3; page++)
        {
            var rows = await Queries.ListAsync(filter, Token);
            read.AddRange(rows.Select(row => row.Id));
            filter = filter with { Before = rows[^1].Id };
        }

        Assert.Equal(Enumerable.Reverse(ids), read);
        Assert.Empty(await Queries.ListAsync(filter, Token));
    }

    [Case]
    public async Task A_list_without_a_limit_of_its_own_ends_at_fifty()
    {
        var ids = await StartManyAsync(60);

        var rows = await Queries.ListAsync(new ExecutionFilter(), Token);

        Assert.Equal(Enumerable.Reverse(ids).Take(50), rows.Select(row => row.Id));
    }

    [Case]
    public async Task A_list_may_show_one_workflow()
    {
        await StartAsync();
        var id = await StartAsync(start => start with { Workflow = "refund" });
        await StartAsync();

        var rows = await Queries.ListAsync(new ExecutionFilter { Workflow = "refund" }, Token);

        Assert.Equal(id, Assert.Single(rows).Id);
    }

    [Case]
    public async Task A_list_may_show_one_state()
    {
        var worker = await JoinAsync();
        var running = await StartClaimedAsync(worker);
        var sleeping = await StartClaimedAsync(worker);
        var completed = await StartClaimedAsync(worker);
        await worker.CommitAsync(Make.Sleep(sleeping, Now.Plus(Hour)), Make.Finish(completed));
        var pending = await StartAsync();
        var cancelled = await StartAsync();
        await CancelAsync(cancelled);
        var expected = new Dictionary<ExecutionState, ExecutionId>
        {
            [ExecutionState.Running] = running.Id,
            [ExecutionState.Sleeping] = sleeping.Id,
            [ExecutionState.Completed] = completed.Id,
            [ExecutionState.Pending] = pending,
            [ExecutionState.Cancelled] = cancelled,
        };

        foreach (var state in Enum.GetValues<ExecutionState>())
        {
            var rows = await Queries.ListAsync(new ExecutionFilter { State = state }, Token);
            Assert.Equal(
                expected.TryGetValue(state, out var id) ? [id] : Array.Empty<ExecutionId>(),
                rows.Select(row => row.Id));
        }
    }

    [Case]
    public async Task Filters_of_a_list_hold_together()
    {
        var first = await StartAsync(start => start with { Workflow = "refund" });
        await StartAsync();
        var second = await StartAsync(start => start with { Workflow = "refund" });
        var third = await StartAsync(start => start with { Workflow = "refund" });
        await CancelAsync(first);

        var rows = await Queries.ListAsync(
            new ExecutionFilter { Workflow = "refund", State = ExecutionState.Pending, Before = third }, Token);

        Assert.Equal(second, Assert.Single(rows).Id);
    }

    [Case]
    public async Task A_journal_is_read_in_pages()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        await worker.ApplyAsync(Make.Advance(row, [.. Enumerable.Range(1, 9).Select(seq => Make.Step(row, seq))]));

        var first = await Queries.ReadJournalAsync(row.Id, -1, 4, Token);
        var second = await Queries.ReadJournalAsync(row.Id, 3, 4, Token);
        var last = await Queries.ReadJournalAsync(row.Id, 7, 4, Token);
        var behind = await Queries.ReadJournalAsync(row.Id, 9, 4, Token);

        Assert.Equal([0, 1, 2, 3], first.Select(entry => entry.Seq));
        Assert.Equal([4, 5, 6, 7], second.Select(entry => entry.Seq));
        Assert.Equal([8, 9], last.Select(entry => entry.Seq));
        Assert.Empty(behind);
    }

    [Case]
    public async Task Reading_changes_nothing()
    {
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        var before = await Dump.NamespaceAsync(Queries, Token);
        Clock.Advance(Minute);

        var after = await Dump.NamespaceAsync(Queries, Token);

        Assert.Equal(before, after);
        await worker.ApplyAsync(Make.Finish(row));
    }

    [Case]
    public async Task The_clock_of_the_database_can_be_read()
    {
        var before = await Queries.NowAsync(Token);
        Clock.Advance(TimeSpan.FromMicroseconds(1));
        var after = await Queries.NowAsync(Token);

        Assert.Equal(Now, after);
        Assert.Equal(TimeSpan.FromMicroseconds(1), after.Since(before));
    }

    private async Task<List<ExecutionId>> StartManyAsync(int count)
    {
        var ids = new List<ExecutionId>();
        for (var i = 0; i < count; i++)
        {
            ids.Add(await StartAsync());
            Clock.Advance(Second);
        }

        return ids;
    }
}
