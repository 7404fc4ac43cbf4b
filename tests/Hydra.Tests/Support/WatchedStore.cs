using System.Collections.Concurrent;
using Hydra.Storage;

namespace Hydra.Tests.Support;

/// <summary>A store that counts its calls, and may fail, refuse or hold them before they happen.</summary>
internal class WatchedStore(IWorkflowStore store) : IWorkflowStore
{
    private readonly ConcurrentDictionary<string, int> _calls = new();

    /// <summary>Called with the name of each call and its number, from 1; what it throws, the call throws.</summary>
    public Action<string, int> Before { get; set; } = (_, _) => { };

    /// <summary>Awaited before each call; one that never ends is a database that does not answer.</summary>
    public Task Held { get; set; } = Task.CompletedTask;

    /// <summary>Which operations are refused for good, with the batch that they are in.</summary>
    public Predicate<StoreOperation> Refuses { get; set; } = _ => false;

    /// <summary>Whether they are refused because the stored journal is said to be another one.</summary>
    public bool SaysJournalDiffers { get; init; }

    /// <summary>Which operations wait for somebody else's lock, so that the batch they are in is undone.</summary>
    public Predicate<StoreOperation> Blocks { get; set; } = _ => false;

    /// <summary>Called with each claim before it happens.</summary>
    public Action<ClaimRequest> Claims { get; set; } = _ => { };

    /// <summary>Changes what claims are answered.</summary>
    public Func<ClaimAnswer, ClaimAnswer> Claimed { get; set; } = answer => answer;

    /// <summary>Changes what beats are answered.</summary>
    public Func<HeartbeatAnswer, HeartbeatAnswer> Beat { get; set; } = answer => answer;

    /// <summary>Changes what commits are answered.</summary>
    public Func<CommitAnswer, CommitAnswer> Commit { get; set; } = answer => answer;

    /// <summary>Awaited when a session was closed, before that is answered.</summary>
    public Func<Task> Closed { get; set; } = static () => Task.CompletedTask;

    public string Namespace => store.Namespace;

    public StoreCapabilities Capabilities { get; init; } = store.Capabilities;

    public virtual IWorkflowQueries Queries => store.Queries;

    public virtual ITransactionalStore? Transactions => store.Transactions;

    public IScheduleStore? Schedules => store.Schedules;

    public IRetentionStore? Retention => store.Retention;

    public int Calls(string name) => _calls.GetValueOrDefault(name);

    public Task MigrateAsync(CancellationToken cancellationToken = default) => store.MigrateAsync(cancellationToken);

    public virtual Task VerifyAsync(CancellationToken cancellationToken = default) =>
        store.VerifyAsync(cancellationToken);

    public Task<Instant> OpenSessionAsync(SessionRow session, CancellationToken cancellationToken) =>
        Call(nameof(OpenSessionAsync), () => store.OpenSessionAsync(session, cancellationToken));

    public Task<HeartbeatAnswer> HeartbeatAsync(
        SessionId session, IReadOnlyCollection<ExecutionId> running, CancellationToken cancellationToken) =>
        Call(nameof(HeartbeatAsync), async () => Beat(await store.HeartbeatAsync(session, running, cancellationToken)));

    public Task CloseSessionAsync(SessionId session, CancellationToken cancellationToken) =>
        Call(nameof(CloseSessionAsync), async () =>
        {
            await store.CloseSessionAsync(session, cancellationToken);
            await Closed();
            return true;
        });

    public Task<ClaimAnswer> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken) =>
        Call(nameof(ClaimAsync), async () =>
        {
            Claims(request);
            return Claimed(await store.ClaimAsync(request, cancellationToken));
        });

    public Task<CommitAnswer> CommitAsync(Func<CommitBatch> gather, CancellationToken cancellationToken) =>
        Call(nameof(CommitAsync), async () =>
            Commit(await store.CommitAsync(() => Check(gather()), cancellationToken)));

    public Task<MaintenanceAnswer> MaintainAsync(MaintenanceRequest request, CancellationToken cancellationToken) =>
        Call(nameof(MaintainAsync), () => store.MaintainAsync(request, cancellationToken));

    public Task WaitForChangeAsync(CancellationToken cancellationToken) => store.WaitForChangeAsync(cancellationToken);

    public ValueTask DisposeAsync() => store.DisposeAsync();

    private CommitBatch Check(CommitBatch batch)
    {
        if (batch.Operations.Any(operation => Blocks(operation)))
        {
            throw new StoreException(StoreErrorKind.RolledBack, "Somebody holds a lock.") { Blocked = true };
        }

        return batch.Operations.Any(operation => Refuses(operation))
            ? throw new StoreException(StoreErrorKind.Deterministic, "No bytes for it.")
            {
                JournalDiffers = SaysJournalDiffers,
            }
            : batch;
    }

    private async Task<T> Call<T>(string name, Func<Task<T>> call)
    {
        Before(name, _calls.AddOrUpdate(name, 1, (_, count) => count + 1));
        await Held;
        return await call();
    }
}
