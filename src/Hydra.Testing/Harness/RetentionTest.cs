namespace Hydra.Testing;

/// <summary>What cases about forgetting have at hand.</summary>
internal abstract class RetentionTest(StoreHarness harness) : ConcurrentTest(harness)
{
    private const int MostTries = 10;

    /// <summary>Behind every id that a case makes.</summary>
    protected static ExecutionId BehindAll { get; } = ExecutionId.Create((1L << 48) - 1, 0, 0);

    protected static IRetentionStore RetentionOf(IWorkflowStore store)
    {
        SkipUnless(store.Retention is not null, "This store keeps everything for ever.");
        return store.Retention!;
    }

    /// <summary>A store of another process, where there can be one.</summary>
    protected async Task<IWorkflowStore> ElsewhereAsync() =>
        Store.Capabilities.ManyProcesses ? await Harness.OpenAsync(cancellationToken: Token) : Store;

    protected Task<EndedPage> ListAsync(ExecutionId? after = null, ExecutionId? before = null, int limit = 1000) =>
        RetentionOf(Store).ListEndedAsync(after, before ?? BehindAll, limit, Token);

    /// <summary>Walks to the end, by pages.</summary>
    protected async Task<List<EndedRow>> WalkAsync(int limit, ExecutionId? before = null)
    {
        var ended = new List<EndedRow>();
        ExecutionId? after = null;
        do
        {
            var page = await ListAsync(after, before, limit);
            Assert.True(page.Executions.Count <= limit);
            Assert.True(page.Next is null || after is null || page.Next > after, "The walk must get on.");
            ended.AddRange(page.Executions);
            after = page.Next;
        }
        while (after is not null);

        return ended;
    }

    /// <summary>What would be deleted of an execution that has ended.</summary>
    protected async Task<EndedRow> EndedAsync(ExecutionId id) =>
        Assert.Single((await ListAsync()).Executions, one => one.Id == id);

    /// <summary>Deletes, and repeats what the database undid, as the engine does.</summary>
    protected static async Task<IReadOnlyList<ExecutionId>> DeleteAsync(IWorkflowStore store, params EndedRow[] ended)
    {
        for (var round = 1; ; round++)
        {
            try
            {
                return await RetentionOf(store).DeleteAsync(ended, Token);
            }
            catch (StoreException exception)
                when (exception.Kind is StoreErrorKind.RolledBack or StoreErrorKind.InDoubt && round < MostTries)
            {
                // The same again tells.
            }
        }
    }

    protected Task<IReadOnlyList<ExecutionId>> DeleteAsync(params EndedRow[] ended) => DeleteAsync(Store, ended);

    /// <summary>Starts an execution and has a worker end it.</summary>
    protected async Task<ExecutionId> EndAsync(
        Worker worker,
        ExecutionState state = ExecutionState.Completed,
        Func<StartOperation, StartOperation>? change = null)
    {
        var row = await StartClaimedAsync(worker, change);
        await worker.ApplyAsync(Make.Finish(row, state: state));
        return row.Id;
    }
}
