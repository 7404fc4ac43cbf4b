using Hydra.Storage;

namespace Hydra.Stores.Tests;

/// <summary>A worker that died with two executions, and one that takes back what it left.</summary>
internal sealed class DeadOwner(IWorkflowStore store)
{
    /// <summary>The session of the worker that died, whose row is for the test to delete.</summary>
    public const long Session = 13;

    private const long Judge = 14;

    public async Task<(ExecutionId First, ExecutionId Second)> LeaveTwoAsync(CancellationToken token)
    {
        var ids = Enumerable.Range(1, 2)
            .Select(number => ExecutionId.Create(1_800_000_000_000, (ulong)number, (byte)number)).ToList();
        await store.CommitAsync(new CommitBatch(SessionId.None, [.. ids.Select(id => Make.Start(id))]), token);
        var claimed = await (await OpenAsync(Session, token)).ClaimAsync();
        Assert.Equal(2, claimed.Executions.Count);
        await OpenAsync(Judge, token);
        return (ids[0], ids[1]);
    }

    /// <summary>Looks, at up to so many in a round, until there is something to take back.</summary>
    public async Task<IReadOnlyList<ExecutionId>> TakeBackAsync(int limit = 100)
    {
        var worker = new Worker(store, Row(Judge));
        while (true)
        {
            await worker.BeatAsync();
            var maintained = await worker.MaintainAsync(request => request with { Limit = limit });
            if (maintained.Released.Count > 0)
            {
                return maintained.Released;
            }
        }
    }

    private async Task<Worker> OpenAsync(long session, CancellationToken token)
    {
        await store.OpenSessionAsync(Row(session), token);
        return new Worker(store, Row(session));
    }

    private static SessionRow Row(long session) => new()
    {
        Id = new SessionId(session),
        Worker = "worker",
        Build = "build",
        Workflows = [Make.Workflow],
        HeartbeatInterval = TimeSpan.FromMilliseconds(1), // It judges when it was on time for two of them.
        ClaimTimeout = TimeSpan.FromHours(1),
    };
}
