using Hydra.Storage;

namespace Hydra.Stores.Tests;

/// <summary>
/// What a process of one version does while another migrates: it starts with keys, claims, writes and ends.
/// </summary>
internal static class RollingWork
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <returns>
    /// How many executions it has started, and how many it has brought to their ends, its own or those of others.
    /// </returns>
    public static async Task<(int Started, int Ended)> RunAsync(
        IWorkflowStore store, int number, CancellationToken stopping)
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
            await StartTwiceAsync(store, $"order-{number}-{started++}");
            ended += await EndAllAsync(worker);
        }

        await worker.BeatAsync();
        return (started, ended + await EndAllAsync(worker));
    }

    private static async Task StartTwiceAsync(IWorkflowStore store, string key)
    {
        var first = await store.CommitAsync(new CommitBatch(SessionId.None, [NewStart(key)]), Token);
        var second = await store.CommitAsync(new CommitBatch(SessionId.None, [NewStart(key)]), Token);

        Assert.Equal(AnswerKind.Started, first.Answers[0].Kind);
        Assert.Equal(
            (AnswerKind.Existing, first.Answers[0].Id), (second.Answers[0].Kind, second.Answers[0].Id));
    }

    private static async Task<int> EndAllAsync(Worker worker)
    {
        var rows = (await worker.ClaimAsync()).Executions.Select(static execution => execution.Row).ToList();
        foreach (var row in rows)
        {
            await worker.ApplyAsync(Make.Advance(row, Make.Step(row, 1)));
            await worker.ApplyAsync(Make.Finish(row, seq: 2));
        }

        return rows.Count;
    }

    private static StartOperation NewStart(string key) => Make.Start(
        ExecutionId.Create(
            1_800_000_000_000, (ulong)Random.Shared.NextInt64(), ExecutionId.ShardOf("tests", key)),
        key);
}
