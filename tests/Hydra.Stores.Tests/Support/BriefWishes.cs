using Hydra.Storage;

namespace Hydra.Stores.Tests;

/// <summary>A start with a key and a cancellation that wait for a lock for a moment only.</summary>
internal sealed class BriefWishes(IWorkflowStore store)
{
    public const string Key = "held";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30); // A hang fails the test.

    private readonly ExecutionId _wanted =
        ExecutionId.Create(1_800_000_000_000, 2, ExecutionId.ShardOf(store.Namespace, Key));

    /// <summary>Starts what the cancellation is of: in the shard of the key.</summary>
    public async Task<ExecutionId> StartAsync(CancellationToken token)
    {
        var id = ExecutionId.Create(1_800_000_000_000, 1, _wanted.Shard);
        await store.CommitAsync(new CommitBatch(SessionId.None, [Make.Start(id)]), token);
        return id;
    }

    public async Task AreBlockedAsync(ExecutionId id, CancellationToken token)
    {
        foreach (var wish in Wishes(id))
        {
            var blocked = await Assert.ThrowsAsync<StoreException>(() => CommitAsync(wish, token));
            Assert.Equal((StoreErrorKind.RolledBack, true), (blocked.Kind, blocked.Blocked));
        }
    }

    public async Task ComeTrueAsync(ExecutionId id, CancellationToken token)
    {
        var answers = new List<AnswerKind>();
        foreach (var wish in Wishes(id))
        {
            answers.Add(Assert.Single((await CommitAsync(wish, token)).Answers).Kind);
        }

        Assert.Equal([AnswerKind.Started, AnswerKind.Ended], answers);
    }

    private StoreOperation[] Wishes(ExecutionId id) =>
        [Make.Start(_wanted, Key), Make.Cancel(id)];

    private Task<CommitAnswer> CommitAsync(StoreOperation wish, CancellationToken token) => store.CommitAsync(
        () => new CommitBatch(SessionId.None, [wish]) { LockWait = TimeSpan.FromMilliseconds(20) }, token)
        .WaitAsync(Patience, token);
}
