using System.Collections.Concurrent;
using System.Diagnostics;
using Hydra.Storage;

namespace Hydra.Stores.Tests;

/// <summary>Twelve workers, each with a store of its own, who claim all there is at once.</summary>
/// <param name="open">Opens a store.</param>
/// <param name="skipsLockedRows">
/// Whether nobody may be told that there is nothing while there is; otherwise he may be, if he is told to look again.
/// </param>
internal sealed class ClaimStorm(Func<IWorkflowStore> open, bool skipsLockedRows = true)
{
    private const int Workers = 12;
    private const int Due = 3_000;

    private readonly ConcurrentBag<(long Begun, long Ended, int Count, bool More)> _claims = [];
    private readonly ConcurrentDictionary<ExecutionId, int> _taken = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Starts the executions, has all of them claimed, and judges.</summary>
    /// <returns>What happened, for people.</returns>
    /// <remarks>
    /// An answer without any is wrong when the claims that had begun before it ended do not account for all there is.
    /// </remarks>
    public async Task<string> RunAsync()
    {
        await StartAsync();
        await Threads.RunAsync(
            Enumerable.Range(1, Workers).Select(number => (Func<Task>)(() => ClaimAllAsync(number))));

        Assert.Equal(Due, _taken.Count);
        Assert.All(_taken.Values, count => Assert.Equal(1, count));
        var empty = _claims.Where(claim => claim.Count == 0 && (skipsLockedRows || !claim.More)).ToList();
        var wrong = empty.Where(
            claim => _claims.Where(other => other.Begun < claim.Ended).Sum(other => other.Count) < Due).ToList();
        var told = $"{_claims.Count} claims, {empty.Count} empty, {wrong.Count} of them while work was due.";
        Assert.True(wrong.Count == 0, told);
        return told;
    }

    private async Task StartAsync()
    {
        await using var store = open();
        for (var batch = 0; batch < Due / 500; batch++)
        {
            var starts = Enumerable.Range(0, 500).Select(number => Make.Start(ExecutionId.Create(
                1_800_000_000_000, (ulong)((batch * 500) + number) << 20, (byte)(number % 256))));
            await store.CommitAsync(new CommitBatch(SessionId.None, [.. starts]), Token);
        }
    }

    private async Task ClaimAllAsync(int number)
    {
        await using var store = open();
        var worker = new Worker(store, new SessionRow
        {
            Id = new SessionId(number),
            Worker = $"w{number}",
            Build = "build",
            Workflows = [Make.Workflow],
            HeartbeatInterval = TimeSpan.FromSeconds(3),
            ClaimTimeout = TimeSpan.FromHours(1),
        });
        await store.OpenSessionAsync(worker.Row, Token);
        while (_taken.Count < Due)
        {
            var begun = Stopwatch.GetTimestamp();
            var answer = await worker.ClaimAsync(request => request with { Limit = 20, OldestFirst = 2 });
            _claims.Add((begun, Stopwatch.GetTimestamp(), answer.Executions.Count, answer.More));
            foreach (var claimed in answer.Executions)
            {
                _taken.AddOrUpdate(claimed.Row.Id, 1, static (_, count) => count + 1);
            }

            if (answer.Executions.Count > 0)
            {
                await worker.CommitAsync([.. answer.Executions.Select(claimed => Make.Finish(claimed.Row))]);
            }
        }
    }
}
