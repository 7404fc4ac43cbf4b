using Hydra.Storage;

namespace Hydra.Tests.Units;

/// <summary>
/// Only commits: it takes down each batch, and opens when everything has been submitted.
/// </summary>
internal sealed class ScriptedStore : IWorkflowStore
{
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private readonly List<CommitBatch> _batches = [];

    /// <summary>In the order in which they were gathered.</summary>
    public IReadOnlyList<CommitBatch> Batches
    {
        get
        {
            lock (_lock)
            {
                return [.. _batches];
            }
        }
    }

    /// <summary>How many operations each of them had.</summary>
    public IEnumerable<int> Sizes => Batches.Select(batch => batch.Operations.Count);

    /// <summary>Released by every call, before it waits for the opening.</summary>
    public SemaphoreSlim Called { get; } = new(0);

    /// <summary>Called before each gathering; when it answers yes, the call ends without one.</summary>
    public Func<bool> Ends { get; set; } = () => false;

    /// <summary>Awaited by each call once it has gathered, as a wait for a lock is.</summary>
    public Func<CommitBatch, Task> Wait { get; set; } = _ => Task.CompletedTask;

    /// <summary>Sees each batch; what it throws, the call throws.</summary>
    public Action<CommitBatch> Answer { get; set; } = _ => { };

    /// <summary>The database's clock.</summary>
    public Instant Now { get; set; }

    public string Namespace => "tests";

    public StoreCapabilities Capabilities { get; init; } = new() { Name = "scripted" };

    public IWorkflowQueries Queries => throw new NotSupportedException();

    public ITransactionalStore? Transactions => null;

    public IScheduleStore? Schedules => null;

    public IRetentionStore? Retention => null;

    public void Open() => _open.TrySetResult();

    public async Task<CommitAnswer> CommitAsync(Func<CommitBatch> gather, CancellationToken cancellationToken)
    {
        Called.Release();
        await _open.Task;
        if (Ends())
        {
            return new CommitAnswer(Now, []);
        }

        var batch = gather();
        lock (_lock)
        {
            _batches.Add(batch);
        }

        await Wait(batch);
        Answer(batch);
        var answers = batch.Operations.Select(
            operation => new OperationAnswer { Kind = AnswerKind.Applied, Id = operation.Id });
        return new CommitAnswer(Now, [.. answers]);
    }

    public Task MigrateAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task VerifyAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<Instant> OpenSessionAsync(SessionRow session, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<HeartbeatAnswer> HeartbeatAsync(
        SessionId session, IReadOnlyCollection<ExecutionId> running, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task CloseSessionAsync(SessionId session, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<ClaimAnswer> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<MaintenanceAnswer> MaintainAsync(
        MaintenanceRequest request, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task WaitForChangeAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
