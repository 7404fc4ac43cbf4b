namespace Hydra.Testing;

/// <summary>Deletions that meet others, or somebody who has to do with what they delete.</summary>
internal sealed class RetentionRaceConformance(StoreHarness harness) : RetentionTest(harness)
{
    [Race(OneHalts = false, OtherHalts = false)]
    public async Task Delete_and_delete(Meeting meeting)
    {
        var (worker, elsewhere) = (await JoinAsync(), await ElsewhereAsync());
        var ended = new List<EndedRow>();
        for (var i = 0; i < 8; i++)
        {
            ended.Add(await EndedAsync(
                await EndAsync(worker, change: start => start with { Key = i % 2 == 0 ? $"key-{i}" : null })));
        }

        IReadOnlyList<ExecutionId> first = [], second = [];

        await Race.PlayAsync(
            meeting,
            async _ => first = await DeleteAsync(Store, [.. ended]),
            async _ => second = await DeleteAsync(elsewhere, [.. ended.AsEnumerable().Reverse()]));

        var left = await DeleteAsync(Store, [.. ended]); // Of two, each may have passed over what the other held.
        Assert.Equal(
            ended.Select(static one => one.Id).Order(), first.Concat(second).Concat(left).Order());
        Assert.Empty(await Queries.ListAsync(new ExecutionFilter(), Token));
    }

    [Race(OtherHalts = false)]
    public async Task Start_with_the_key_and_delete(Meeting meeting)
    {
        var (worker, elsewhere) = (await JoinAsync(), await ElsewhereAsync());
        var ended = await EndedAsync(await EndAsync(worker, change: start => start with { Key = "key" }));
        var start = NewStart("key");
        OperationAnswer started = default;

        await Race.PlayAsync(
            meeting,
            async gate => started = await CommitAsync(Store, gate, start),
            async _ => await DeleteAsync(elsewhere, ended));

        var later = await DeleteAsync(Store, ended);
        var isNew = started.Kind == AnswerKind.Started;
        Assert.Equal(isNew ? start.Id : ended.Id, started.Id);
        Assert.True(isNew || started.Kind == AnswerKind.Existing, $"{started.Kind}");
        Assert.True(later.Count == 0 || !isNew, "What has the key cannot be there beside what was started with it.");
        Assert.Equal(isNew ? start.Id : null, (await Queries.FindByKeyAsync("key", Token))?.Id);
        Assert.Equal(isNew ? 1 : 0, (await JournalAsync(start.Id)).Count);
        Race.AssertOrder(meeting, oneWasFirst: !isNew);
    }

    [Race(OtherHalts = false)]
    public async Task Settle_and_delete(Meeting meeting)
    {
        var (worker, elsewhere) = (await JoinAsync(), await ElsewhereAsync());
        var row = await StartClaimedAsync(worker);
        var meant = new EndedRow(row.Id, row.Workflow, ExecutionState.Completed, row.Epoch, 2, Now);
        var finish = Make.Settle(
            row,
            last => new Settlement.Finished(ExecutionState.Completed) { LastSeq = last },
            Make.Step(row, 1), Make.Entry(row, 2, EntryKind.Terminal));
        OperationAnswer settled = default;
        IReadOnlyList<ExecutionId> deleted = [];

        await Race.PlayAsync(
            meeting,
            async gate => settled = await CommitAsync(worker.Store, gate, finish, worker.Session),
            async _ => deleted = await DeleteAsync(elsewhere, meant));

        Assert.Equal(AnswerKind.Applied, settled.Kind);
        Assert.Equal(deleted.Count == 0 ? 3 : 0, (await JournalAsync(row.Id)).Count);
        Assert.Equal(deleted.Count == 0, await Queries.FindAsync(row.Id, Token) is not null);
        Race.AssertOrder(meeting, oneWasFirst: deleted.Count == 1);
    }

    [Race(OtherHalts = false)]
    public async Task Retry_and_delete(Meeting meeting)
    {
        var (worker, elsewhere) = (await JoinAsync(), await ElsewhereAsync());
        var ended = await EndedAsync(await EndAsync(worker, ExecutionState.Failed));
        OperationAnswer answer = default;

        await Race.PlayAsync(
            meeting,
            async gate => answer = await CommitAsync(Store, gate, Make.RetryNow(ended.Id, 7)),
            async _ => await DeleteAsync(elsewhere, ended));

        await DeleteAsync(Store, ended); // The retry may have held it.
        Assert.True(answer.Kind is AnswerKind.AlreadyEnded or AnswerKind.NotFound, $"{answer.Kind}");
        Assert.Equal($"{ended.Id} is not there\n", await DumpAsync(ended.Id));
        Assert.Empty(await JournalAsync(ended.Id));
        Race.AssertOrder(meeting, oneWasFirst: answer.Kind == AnswerKind.AlreadyEnded);
    }

    [Race(OtherHalts = false)]
    public async Task Rerun_and_delete(Meeting meeting)
    {
        var (worker, elsewhere) = (await JoinAsync(), await ElsewhereAsync());
        var ended = await EndedAsync(await EndAsync(worker));
        var rerun = NewStart() with { Origin = Origin.OfRerun(ended.Id) };
        OperationAnswer answer = default;

        await Race.PlayAsync(
            meeting,
            async gate => answer = await CommitAsync(Store, gate, rerun),
            async _ => Assert.Single(await DeleteAsync(elsewhere, ended)));

        Assert.Equal(AnswerKind.Started, answer.Kind);
        Assert.Null(await Queries.FindAsync(ended.Id, Token));
        Assert.Equal(rerun.Origin, await Queries.FindOriginAsync(rerun.Id, Token)); // It names what is gone.
        Assert.Equal(rerun.Id, Assert.Single(await Queries.ListDescendantsAsync(ended.Id, null, 10, Token)).Execution);
    }

    [Race(OneHalts = false, OtherHalts = false)]
    public async Task Read_and_delete(Meeting meeting)
    {
        var (worker, elsewhere) = (await JoinAsync(), await ElsewhereAsync());
        var row = await StartClaimedAsync(worker);
        await worker.ApplyAsync(Make.Settle(
            row,
            last => new Settlement.Finished(ExecutionState.Completed) { LastSeq = last },
            [.. Enumerable.Range(1, 9).Select(seq => Make.Step(row, seq)), Make.Entry(row, 10, EntryKind.Terminal)]));
        var ended = await EndedAsync(row.Id);
        IReadOnlyList<JournalEntry> journal = [];

        await Race.PlayAsync(
            meeting,
            async _ => journal = await JournalAsync(row.Id),
            async _ => await DeleteAsync(elsewhere, ended));

        Assert.True(journal.Count is 0 or 11, $"Half of it was read: {journal.Count} entries.");
        Race.AssertOrder(meeting, oneWasFirst: journal.Count == 11);
    }

    /// <summary>Repeats what the database undid, as the engine does: of two that meet it may undo one.</summary>
    private static async Task<OperationAnswer> CommitAsync(
        IWorkflowStore store, Gate gate, StoreOperation operation, SessionId session = default)
    {
        for (var round = 1; ; round++)
        {
            try
            {
                var answer = await store.CommitAsync(
                    () =>
                    {
                        gate.Pass();
                        return new CommitBatch(session, [operation]);
                    },
                    Token);
                return answer.Answers[0];
            }
            catch (StoreException exception)
                when (exception.Kind is StoreErrorKind.RolledBack or StoreErrorKind.InDoubt && round < 10)
            {
                // The same again tells.
            }
        }
    }
}
