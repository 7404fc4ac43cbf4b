using Hydra.Memory;
using Hydra.Storage;

namespace Hydra;

/// <summary>Keeps executions in memory: for tests, simulation and work that need not outlive its process.</summary>
/// <remarks>
/// Every call but <see cref="WaitForChangeAsync"/> has completed when it returns. "Durable" means here: until the
/// <see cref="InMemoryDatabase"/> is gone. Safe from many threads at once.
/// </remarks>
public sealed class InMemoryWorkflowStore : IWorkflowStore
{
    private readonly InMemoryDatabase _database;
    private readonly NamespaceTables _tables;
    private readonly ChangeSignal _signal;
    private bool _disposed;

    /// <summary>Opens a store with a database of its own.</summary>
    /// <param name="namespace">The namespace that it is bound to.</param>
    /// <param name="time">The clock of the database.</param>
    /// <exception cref="ArgumentException">The namespace is empty.</exception>
    public InMemoryWorkflowStore(string @namespace, TimeProvider time)
        : this(new InMemoryDatabase(time), @namespace) => Capabilities = Capabilities with { ManyProcesses = false };

    /// <summary>Opens a store on a database that others share, each of them standing for a process.</summary>
    /// <param name="database">The data.</param>
    /// <param name="namespace">The namespace that it is bound to.</param>
    /// <exception cref="ArgumentException">The namespace is empty.</exception>
    public InMemoryWorkflowStore(InMemoryDatabase database, string @namespace)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentException.ThrowIfNullOrEmpty(@namespace);
        _database = database;
        _signal = new ChangeSignal(database.Gate);
        _tables = database.Open(@namespace, _signal);
        Namespace = @namespace;
        Queries = new MemoryQueries(database, _tables);
        Schedules = new MemorySchedules(this, database, _tables);
        Retention = new MemoryRetention(this, database, _tables);
        SubjectKeys = new MemorySubjectKeys(this, database, _tables);
    }

    /// <inheritdoc/>
    public string Namespace { get; }

    /// <inheritdoc/>
    public StoreCapabilities Capabilities { get; } =
        new() { Name = "memory", Durable = false, NoticesChanges = true };

    /// <inheritdoc/>
    public IWorkflowQueries Queries { get; }

    /// <summary>Null: there are no transactions to share.</summary>
    public ITransactionalStore? Transactions => null;

    /// <inheritdoc/>
    public IScheduleStore Schedules { get; }

    /// <inheritdoc/>
    public IRetentionStore Retention { get; }

    /// <inheritdoc/>
    public ISubjectKeyStore SubjectKeys { get; }

    /// <summary>Does nothing: there is no schema.</summary>
    /// <param name="cancellationToken">Gives up at once when it is cancelled already.</param>
    public Task MigrateAsync(CancellationToken cancellationToken = default) =>
        cancellationToken.IsCancellationRequested ? Task.FromCanceled(cancellationToken) : Task.CompletedTask;

    /// <summary>Does nothing: there is no schema.</summary>
    /// <param name="cancellationToken">Gives up at once when it is cancelled already.</param>
    public Task VerifyAsync(CancellationToken cancellationToken = default) => MigrateAsync(cancellationToken);

    /// <inheritdoc/>
    public Task<Instant> OpenSessionAsync(SessionRow session, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(session);
        return WriteAsync(session, Attending.Open, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<HeartbeatAnswer> HeartbeatAsync(
        SessionId session, IReadOnlyCollection<ExecutionId> running, CancellationToken cancellationToken) =>
        WriteAsync(session, Attending.Beat, cancellationToken);

    /// <inheritdoc/>
    public Task CloseSessionAsync(SessionId session, CancellationToken cancellationToken) =>
        WriteAsync(session, Attending.Close, cancellationToken);

    /// <inheritdoc/>
    public Task<ClaimAnswer> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return WriteAsync(request, Claiming.Claim, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<CommitAnswer> CommitAsync(Func<CommitBatch> gather, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(gather);
        return WriteAsync(
            gather,
            static (tables, gather, now) => Committing.Commit(tables, gather(), now),
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task<MaintenanceAnswer> MaintainAsync(MaintenanceRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return WriteAsync(request, Maintaining.Maintain, cancellationToken);
    }

    /// <inheritdoc/>
    public Task WaitForChangeAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return cancellationToken.IsCancellationRequested
            ? Task.FromCanceled(cancellationToken)
            : _signal.WaitAsync(cancellationToken);
    }

    /// <summary>Closes this store and ends its waits; the database keeps what it holds.</summary>
    public ValueTask DisposeAsync()
    {
        _disposed = true;
        _database.Close(_tables, _signal);
        return ValueTask.CompletedTask;
    }

    internal Task<TAnswer> WriteAsync<TRequest, TAnswer>(
        TRequest request,
        Func<NamespaceTables, TRequest, Instant, TAnswer> transition,
        CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<TAnswer>(cancellationToken);
        }

        try
        {
            return Task.FromResult(_database.Write(_tables, _signal, request, transition));
        }
        catch (StoreException exception)
        {
            return Task.FromException<TAnswer>(exception);
        }
    }
}
