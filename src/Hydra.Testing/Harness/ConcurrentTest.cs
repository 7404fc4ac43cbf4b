namespace Hydra.Testing;

/// <summary>What cases have in common in which several stores are on one database, each on its own thread.</summary>
internal abstract class ConcurrentTest(StoreHarness harness) : StoreTest(harness)
{
    private const int MostCommits = 4;

    /// <summary>
    /// Commits for somebody who is no worker. What is in doubt, as on a server that stalls, is committed again as an
    /// engine does, which answers the same.
    /// </summary>
    protected static async Task<OperationAnswer> CommitAsync(IWorkflowStore client, StoreOperation operation)
    {
        for (var round = 1; ; round++)
        {
            try
            {
                return (await client.CommitAsync(new CommitBatch(SessionId.None, [operation]), Token)).Answers[0];
            }
            catch (StoreException exception) when (exception.Kind == StoreErrorKind.InDoubt && round < MostCommits)
            {
                // The same again tells.
            }
        }
    }

    protected async Task<List<IWorkflowStore>> OpenManyAsync(int count)
    {
        SkipUnless(Store.Capabilities.ManyProcesses, "This store belongs to one process.");
        var stores = new List<IWorkflowStore>();
        for (var i = 0; i < count; i++)
        {
            stores.Add(await Harness.OpenAsync());
        }

        return stores;
    }

    /// <summary>Workers of several processes: each with a store of its own.</summary>
    protected async Task<List<Worker>> JoinManyAsync(int count)
    {
        var workers = new List<Worker>();
        foreach (var store in await OpenManyAsync(count))
        {
            workers.Add(await JoinAsync($"worker-{workers.Count}", store: store));
        }

        return workers;
    }

    protected async Task<List<ExecutionId>> StartManyAsync(
        int count, Func<StartOperation, StartOperation>? change = null)
    {
        var starts = Enumerable.Range(0, count).Select(_ => NewStart()).ToList();
        await CommitAsync([.. starts.Select(start => change?.Invoke(start) ?? start)]);
        return starts.ConvertAll(start => start.Id);
    }
}
