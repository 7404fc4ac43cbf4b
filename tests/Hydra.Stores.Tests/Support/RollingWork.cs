using Hydra.Storage;

namespace Hydra.Stores.Tests;

/// <summary>
/// What a process of one version does while another migrates: it starts with keys, claims, writes and ends.
/// </summary>
/// <param name="store">Its store.</param>
/// <param name="number">Its number among the workers.</param>
/// <param name="isRepeated">Whether it makes a call again that failed so, as an engine does.</param>
internal sealed class RollingWork(IWorkflowStore store, int number, Func<StoreException, bool> isRepeated)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <returns>
    /// How many executions it has started, and how many it has brought to their ends, its own or those of others.
    /// </returns>
    public async Task<(int Started, int Ended)> RunAsync(CancellationToken stopping)
    {
        var worker = new Worker(store, new SessionRow
        {
            Id = new SessionId(number),
            Worker = $"worker-{number}",
            Build = "build",
            Workflows = [Make.Workflow],
            HeartbeatInterval = TimeSpan.FromSeconds(3),
            ClaimTimeout = TimeSpan.FromHours(1),
        });
        await store.OpenSessionAsync(worker.Row, Token);
        var (started, ended) = (0, 0);
        while (!stopping.IsCancellationRequested)
        {
            await StartTwiceAsync($"order-{number}-{started++}");
            ended += await EndAllAsync(worker);
        }

        await worker.BeatAsync();
        return (started, ended + await EndAllAsync(worker));
    }

    private async Task StartTwiceAsync(string key)
    {
        var first = await StartAsync(key);
        var second = await StartAsync(key);

        Assert.Equal(AnswerKind.Started, first.Kind);
        Assert.Equal((AnswerKind.Existing, first.Id), (second.Kind, second.Id));
    }

    private async Task<OperationAnswer> StartAsync(string key)
    {
        var batch = new CommitBatch(SessionId.None, [NewStart(key)]);
        return (await DoAsync(() => store.CommitAsync(batch, Token))).Answers[0];
    }

    private async Task<int> EndAllAsync(Worker worker)
    {
        var claimed = await DoAsync(() => worker.ClaimAsync());
        var rows = claimed.Executions.Select(static execution => execution.Row).ToList();
        foreach (var row in rows)
        {
            await ApplyAsync(worker, Make.Advance(row, Make.Step(row, 1)));
            await ApplyAsync(worker, Make.Finish(row, seq: 2));
        }

        return rows.Count;
    }

    private async Task ApplyAsync(Worker worker, StoreOperation operation)
    {
        var answer = await DoAsync(() => worker.CommitAsync(operation));

        Assert.Equal(AnswerKind.Applied, answer.Kind);
    }

    private async Task<T> DoAsync<T>(Func<Task<T>> call)
    {
        while (true)
        {
            try
            {
                return await call();
            }
            catch (StoreException exception) when (isRepeated(exception))
            {
                // Once more.
            }
        }
    }

    private static StartOperation NewStart(string key) => Make.Start(
        ExecutionId.Create(
            1_800_000_000_000, (ulong)Random.Shared.NextInt64(), ExecutionId.ShardOf("tests", key)),
        key);
}
