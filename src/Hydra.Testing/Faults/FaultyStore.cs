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
    }

    /// <inheritdoc/>
    public string Namespace => _store.Namespace;

    /// <inheritdoc/>
    public StoreCapabilities Capabilities => _store.Capabilities;

    /// <summary>The store's queries, whose calls fail in the same way.</summary>
    public IWorkflowQueries Queries { get; }

    /// <summary>What the store does within transactions of users, where nothing fails.</summary>
    public ITransactionalStore? Transactions => _store.Transactions;

    /// <summary>How many calls of a kind there have been, those that failed included.</summary>
    /// <param name="kind">The kind.</param>
    public int Count(StoreCallKind kind) => Volatile.Read(ref _calls[(int)kind]);

    /// <inheritdoc/>
    public Task MigrateAsync(CancellationToken cancellationToken = default) =>
        CallAsync(StoreCallKind.Migrate, () => _store.MigrateAsync(cancellationToken));

    /// <inheritdoc/>
    public Task VerifyAsync(CancellationToken cancellationToken = default) =>
        CallAsync(StoreCallKind.Verify, () => _store.VerifyAsync(cancellationToken));

    /// <inheritdoc/>
    public Task<Instant> OpenSessionAsync(SessionRow session, CancellationToken cancellationToken) =>
        CallAsync(StoreCallKind.OpenSession, () => _store.OpenSessionAsync(session, cancellationToken));

    /// <inheritdoc/>
    public Task<HeartbeatAnswer> HeartbeatAsync(SessionId session, CancellationToken cancellationToken) =>
        CallAsync(StoreCallKind.Heartbeat, () => _store.HeartbeatAsync(session, cancellationToken));

    /// <inheritdoc/>
    public Task CloseSessionAsync(SessionId session, CancellationToken cancellationToken) =>
        CallAsync(StoreCallKind.CloseSession, () => _store.CloseSessionAsync(session, cancellationToken));

    /// <inheritdoc/>
    public Task<ClaimAnswer> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken) =>
        CallAsync(StoreCallKind.Claim, () => _store.ClaimAsync(request, cancellationToken));

    /// <inheritdoc/>
    /// <remarks>
    /// A commit that fails before it happened has not asked for its operations when it was never sent or the database
    /// is not to be had; otherwise it has, as a transaction that is undone.
    /// </remarks>
    public Task<CommitAnswer> CommitAsync(Func<CommitBatch> gather, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(gather);
        return CallAsync(
            StoreCallKind.Commit, () => _store.CommitAsync(gather, cancellationToken), undone: () => _ = gather());
    }

    /// <inheritdoc/>
    public Task<MaintenanceAnswer> MaintainAsync(MaintenanceRequest request, CancellationToken cancellationToken) =>
        CallAsync(StoreCallKind.Maintain, () => _store.MaintainAsync(request, cancellationToken));

    /// <inheritdoc/>
    public Task WaitForChangeAsync(CancellationToken cancellationToken) =>
        CallAsync(StoreCallKind.WaitForChange, () => _store.WaitForChangeAsync(cancellationToken));

    /// <summary>Disposes of the store.</summary>
    public ValueTask DisposeAsync() => _store.DisposeAsync();

    internal async Task<T> CallAsync<T>(StoreCallKind kind, Func<Task<T>> call, Action? undone = null)
    {
        var number = Interlocked.Increment(ref _calls[(int)kind]);
        if (_plan(new StoreCall(kind, number)) is not { } fault)
        {
            return await call();
        }

        if (fault.Happens)
        {
            await call();
        }
        else if (fault.Kind is not (StoreErrorKind.NotSent or StoreErrorKind.Unavailable))
        {
            undone?.Invoke();
        }

        throw new StoreException(fault.Kind, $"Injected into call {number} of {kind}: {fault}.");
    }

    private Task<bool> CallAsync(StoreCallKind kind, Func<Task> call) => CallAsync(kind, async () =>
    {
        await call();
        return true;
    });
}
