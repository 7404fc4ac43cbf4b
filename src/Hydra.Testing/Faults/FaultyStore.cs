using System.Collections.Concurrent;

namespace Hydra.Testing;

/// <summary>
/// A store whose calls fail when a test says so, to see what the engine, or a program on it, makes of that.
/// </summary>
/// <remarks>
/// Safe from many threads, as long as the test's own function is. Plug it in with
/// <c>hydra.UseStore(setup => new FaultyStore(new InMemoryWorkflowStore(database, setup.Namespace), plan))</c>.
/// </remarks>
public sealed class FaultyStore : IWorkflowStore
{
    private readonly IWorkflowStore _store;
    private readonly Func<StoreCall, StoreFault?> _plan;
    private readonly int[] _calls = new int[Enum.GetValues<StoreCallKind>().Length];
    private readonly LateCalls _late = new();
    private readonly ConcurrentDictionary<FaultyTransaction, bool> _open = new();
    private readonly TaskCompletionSource _crashed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isDead;

    /// <summary>Puts faults before and behind the calls of a store.</summary>
    /// <param name="store">The store, which is disposed with this one.</param>
    /// <param name="plan">Called once for every call, before it; answers how it fails, or null to let it be.</param>
    public FaultyStore(IWorkflowStore store, Func<StoreCall, StoreFault?> plan)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(plan);
        _store = store;
        _plan = plan;
        Queries = new FaultyQueries(store.Queries, this);
        Transactions = store.Transactions is { } transactions ? new FaultyTransactions(transactions, this) : null;
        Schedules = store.Schedules is { } schedules ? new FaultySchedules(schedules, this) : null;
        Retention = store.Retention is { } retention ? new FaultyRetention(retention, this) : null;
        SubjectKeys = store.SubjectKeys is { } keys ? new FaultySubjectKeys(keys, this) : null;
    }

    /// <inheritdoc/>
    public string Namespace => _store.Namespace;

    /// <inheritdoc/>
    public StoreCapabilities Capabilities => _store.Capabilities;

    /// <summary>The store's queries, whose calls fail in the same way.</summary>
    public IWorkflowQueries Queries { get; }

    /// <summary>
    /// What the store does within transactions of users, where calls fail in the same way; null when it does nothing.
    /// What others insert by themselves (<see cref="ITransactionalStore.StartTables"/>) is as the store has it.
    /// </summary>
    public ITransactionalStore? Transactions { get; }

    /// <summary>The store's schedules, whose calls fail in the same way; null when it keeps none.</summary>
    public IScheduleStore? Schedules { get; }

    /// <summary>How the store forgets, whose calls fail in the same way; null when it keeps everything.</summary>
    public IRetentionStore? Retention { get; }

    /// <summary>The store's keys of subjects, whose calls fail in the same way; null when it keeps none.</summary>
    public ISubjectKeyStore? SubjectKeys { get; }

    /// <summary>
    /// Ends when a crash (<see cref="StoreFault.CrashBeforeCall"/>) has happened, all that it undoes included.
    /// </summary>
    public Task Crashed => _crashed.Task;

    /// <summary>How many calls of a kind there have been, those that failed included.</summary>
    /// <param name="kind">The kind.</param>
    public int Count(StoreCallKind kind) => Volatile.Read(ref _calls[(int)kind]);

    /// <inheritdoc/>
    public Task MigrateAsync(CancellationToken cancellationToken = default) =>
        CallAsync(StoreCallKind.Migrate, () => _store.MigrateAsync(cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task VerifyAsync(CancellationToken cancellationToken = default) =>
        CallAsync(StoreCallKind.Verify, () => _store.VerifyAsync(cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<Instant> OpenSessionAsync(SessionRow session, CancellationToken cancellationToken) => CallAsync(
        StoreCallKind.OpenSession, () => _store.OpenSessionAsync(session, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<HeartbeatAnswer> HeartbeatAsync(
        SessionId session, IReadOnlyCollection<ExecutionId> running, CancellationToken cancellationToken) => CallAsync(
        StoreCallKind.Heartbeat,
        () => _store.HeartbeatAsync(session, running, cancellationToken),
        cancellationToken);

    /// <inheritdoc/>
    public Task CloseSessionAsync(SessionId session, CancellationToken cancellationToken) => CallAsync(
        StoreCallKind.CloseSession, () => _store.CloseSessionAsync(session, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<ClaimAnswer> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken) => CallAsync(
        StoreCallKind.Claim, () => _store.ClaimAsync(request, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    /// <remarks>
    /// A commit that fails before it happened has not asked for its operations when it was never sent or the database
    /// is not to be had; otherwise it has, as a transaction that is undone.
    /// </remarks>
    public Task<CommitAnswer> CommitAsync(Func<CommitBatch> gather, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(gather);
        CommitBatch? batch = null;
        CommitBatch Gather() => batch ??= gather();
        return CallAsync(
            StoreCallKind.Commit,
            () => _store.CommitAsync(Gather, cancellationToken),
            cancellationToken,
            failed: fault =>
            {
                _ = fault.IsSent ? Gather() : null;
                return Task.CompletedTask;
            });
    }

    /// <inheritdoc/>
    public Task<MaintenanceAnswer> MaintainAsync(MaintenanceRequest request, CancellationToken cancellationToken) =>
        CallAsync(
            StoreCallKind.Maintain, () => _store.MaintainAsync(request, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task WaitForChangeAsync(CancellationToken cancellationToken) => CallAsync(
        StoreCallKind.WaitForChange, () => _store.WaitForChangeAsync(cancellationToken), cancellationToken);

    /// <summary>Undoes the transactions of steps that are still open, and disposes of the store.</summary>
    public async ValueTask DisposeAsync()
    {
        await UndoAllAsync();
        await _store.DisposeAsync();
    }

    internal void Remember(FaultyTransaction transaction) => _open[transaction] = true;

    internal void Forget(FaultyTransaction transaction) => _open.TryRemove(transaction, out _);

    /// <param name="kind">The kind of the call.</param>
    /// <param name="call">Makes it.</param>
    /// <param name="cancellationToken">Gives up a call that is never answered.</param>
    /// <param name="failed">What a fault brings with it besides, before it is told.</param>
    internal async Task<T> CallAsync<T>(
        StoreCallKind kind,
        Func<Task<T>> call,
        CancellationToken cancellationToken,
        Func<StoreFault, Task>? failed = null)
    {
        await StayDeadAsync(cancellationToken);
        var planned = new StoreCall(kind, Interlocked.Increment(ref _calls[(int)kind]));
        if (_plan(planned) is not { } fault)
        {
            var answer = await _late.FollowAsync(kind, call);
            await StayDeadAsync(cancellationToken);
            return answer;
        }

        _isDead |= fault is { Crashes: true, Happens: false };
        try
        {
            if (fault.Happens)
            {
                await _late.FollowAsync(kind, call);
            }
        }
        finally
        {
            await (failed?.Invoke(fault) ?? Task.CompletedTask);
            if (fault.Crashes)
            {
                await CrashAsync();
                await StayDeadAsync(cancellationToken);
            }
        }

        if (fault.IsLate)
        {
            _late.Add(kind, call);
        }

        throw InjectedException.For(fault, planned);
    }

    internal Task CallAsync(
        StoreCallKind kind,
        Func<Task> call,
        CancellationToken cancellationToken,
        Func<StoreFault, Task>? failed = null) => CallAsync(
        kind,
        async () =>
        {
            await call();
            return true;
        },
        cancellationToken,
        failed);

    private Task StayDeadAsync(CancellationToken cancellationToken) =>
        _isDead ? Task.Delay(Timeout.Infinite, cancellationToken) : Task.CompletedTask;

    private async Task CrashAsync()
    {
        _isDead = true;
        await UndoAllAsync();
        _crashed.TrySetResult();
    }

    private async Task UndoAllAsync()
    {
        foreach (var transaction in _open.Keys)
        {
            try
            {
                await transaction.EndAsync();
            }
            catch (Exception)
            {
                // Its connection is over, whatever that says.
            }
        }
    }
}
