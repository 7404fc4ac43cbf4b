using System.Data;
using System.Data.Common;
using Hydra.PostgreSql.Connections;
using Hydra.PostgreSql.Migrations;
using Hydra.PostgreSql.Reading;
using Hydra.PostgreSql.Transitions;
using Hydra.PostgreSql.Waking;
using Hydra.Relational;
using Npgsql;

namespace Hydra.PostgreSql;

/// <summary>Keeps executions in a PostgreSQL database, which any number of machines may share.</summary>
/// <remarks>
/// Version 12 or later of PostgreSQL. Every batch is one transaction; what decides is read under the locks of the rows,
/// and the clock of the database decides about time. Connections come from two pools, one for the engine and one for
/// what callers read, but for those of heartbeats and of the listener, which are kept open.
/// </remarks>
public sealed class PostgreSqlWorkflowStore : IWorkflowStore, ITransactionalStore, IStartTables
{
    private readonly Database _database;
    private readonly CommitTransition _commits;
    private readonly ClaimTransition _claims;
    private readonly SessionTransitions _sessions;
    private readonly HeartbeatTransition _heartbeats;
    private readonly MaintainTransition _maintenance;
    private readonly EnlistedWrites _enlisted;
    private readonly StepTransactions _steps;
    private readonly Notifier? _notifier;
    private readonly Listener? _listener;

    /// <summary>Makes a store with a pool of connections of its own. Nothing is opened before the first call.</summary>
    /// <param name="connectionString">An Npgsql connection string; what it leaves open the store sets.</param>
    /// <param name="options">How the database is used.</param>
    /// <param name="namespace">The namespace that every call is about, 1 to 255 characters.</param>
    /// <exception cref="ArgumentException">The connection string, an option or the namespace breaks a rule.</exception>
    public PostgreSqlWorkflowStore(string connectionString, PostgreSqlStoreOptions options, string @namespace)
        : this(null, connectionString, options, @namespace, testClock: null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(connectionString);
    }

    /// <summary>Makes a store on a data source of yours, which it does not dispose.</summary>
    /// <param name="dataSource">
    /// Where connections come from. Two of them are kept: for heartbeats and, unless that is turned off, for listening.
    /// A heartbeat whose connection broke waits for another one from here, with your limits and your keepalive; so
    /// leave room in its pool, or leases end when it is exhausted.
    /// </param>
    /// <param name="options">How the database is used.</param>
    /// <param name="namespace">The namespace that every call is about, 1 to 255 characters.</param>
    /// <exception cref="ArgumentException">An option or the namespace breaks a rule that the message names.</exception>
    public PostgreSqlWorkflowStore(NpgsqlDataSource dataSource, PostgreSqlStoreOptions options, string @namespace)
        : this(dataSource, "", options, @namespace, testClock: null)
    {
        ArgumentNullException.ThrowIfNull(dataSource);
    }

    /// <param name="dataSource">Where connections come from, or null to go by the connection string.</param>
    /// <param name="connectionString">Where to connect to.</param>
    /// <param name="options">How the database is used.</param>
    /// <param name="namespace">The namespace.</param>
    /// <param name="testClock">Stands in for the clock of the database.</param>
    internal PostgreSqlWorkflowStore(
        NpgsqlDataSource? dataSource,
        string connectionString,
        PostgreSqlStoreOptions options,
        string @namespace,
        TimeProvider? testClock)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentException.ThrowIfNullOrWhiteSpace(@namespace);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(@namespace.Length, 255, nameof(@namespace));
        options.Validate();
        Namespace = @namespace;
        var clock = new DatabaseClock(testClock ?? TimeProvider.System, isDatabase: testClock is null);
        _database = new Database(dataSource, connectionString, options, @namespace, clock);
        _commits = new CommitTransition(_database);
        _claims = new ClaimTransition(_database);
        _sessions = new SessionTransitions(_database);
        _heartbeats = new HeartbeatTransition(_database);
        _maintenance = new MaintainTransition(_database);
        Queries = new PostgreSqlQueries(_database);
        _enlisted = new EnlistedWrites(_database, Queries, options.Listen);
        _steps = new StepTransactions(_database);
        if (options.Listen)
        {
            var self = Guid.NewGuid().ToString("N");
            _notifier = new Notifier(_database, self);
            _listener = new Listener(_database, self);
        }

        Schedules = new PostgreSqlSchedules(_database, _notifier);
        Retention = new PostgreSqlRetention(_database);
        SubjectKeys = new PostgreSqlSubjectKeys(_database);
        Capabilities = new StoreCapabilities
        {
            Name = "postgresql",
            Writers = 2, // More gain nothing on the server, and would make batches smaller.
            KeyedStartsMayWait = true,
            SkipsLockedRows = options.SkipLockedRows,
            NoticesChanges = options.Listen,
            LongestLockWait = options.LockTimeout,
            StepTransactions = _database.MayLend,
        };
    }

    /// <inheritdoc/>
    public string Namespace { get; }

    /// <inheritdoc/>
    public StoreCapabilities Capabilities { get; }

    /// <inheritdoc/>
    public IWorkflowQueries Queries { get; }

    /// <inheritdoc/>
    public ITransactionalStore Transactions => this;

    /// <inheritdoc/>
    public IScheduleStore Schedules { get; }

    /// <inheritdoc/>
    public IRetentionStore Retention { get; }

    /// <inheritdoc/>
    public ISubjectKeyStore SubjectKeys { get; }

    /// <inheritdoc/>
    public IStartTables StartTables => this;

    /// <inheritdoc/>
    public string Place => _database.Schema;

    /// <inheritdoc/>
    public Task MigrateAsync(CancellationToken cancellationToken = default) => PostgreSqlMigrationTarget.RunAsync(
        _database,
        target => PostgreSqlMigrationTarget.Runner.MigrateAsync(target, cancellationToken),
        cancellationToken);

    /// <inheritdoc/>
    public Task VerifyAsync(CancellationToken cancellationToken = default) => PostgreSqlMigrationTarget.RunAsync(
        _database,
        target => PostgreSqlMigrationTarget.Runner.VerifyAsync(target, cancellationToken),
        cancellationToken);

    /// <inheritdoc/>
    public Task<Instant> OpenSessionAsync(SessionRow session, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(session);
        return _sessions.OpenAsync(session).WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public Task<HeartbeatAnswer> HeartbeatAsync(
        SessionId session, IReadOnlyCollection<ExecutionId> running, CancellationToken cancellationToken) =>
        _heartbeats.BeatAsync(session, running);

    /// <inheritdoc/>
    public async Task CloseSessionAsync(SessionId session, CancellationToken cancellationToken)
    {
        if (await _sessions.CloseAsync(session).WaitAsync(cancellationToken))
        {
            _notifier?.Tell();
        }
    }

    /// <inheritdoc/>
    public Task<ClaimAnswer> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return _claims.ClaimAsync(request, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<CommitAnswer> CommitAsync(Func<CommitBatch> gather, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(gather);
        return cancellationToken.IsCancellationRequested
            ? Task.FromCanceled<CommitAnswer>(cancellationToken)
            : CommitAsync(gather).WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<OperationAnswer>> WriteAsync(
        DbTransaction transaction, IReadOnlyList<StoreOperation> operations, CancellationToken cancellationToken) =>
        _enlisted.WriteAsync(transaction, operations, cancellationToken);

    /// <inheritdoc/>
    public Task EnsureSameAsync(
        DbConnection connection, DbTransaction? transaction, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(connection);
        return _enlisted.EnsureSameAsync(connection, transaction, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<ExecutionRow?> FindByKeyAsync(
        DbConnection connection, DbTransaction? transaction, string key, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(connection);
        return _enlisted.FindByKeyAsync(connection, transaction, key, cancellationToken);
    }

    /// <inheritdoc/>
    public void Announce(DbTransaction? transaction)
    {
        if (transaction is null)
        {
            _notifier?.Tell();
        }
        else
        {
            _enlisted.Announce(transaction);
        }
    }

    /// <inheritdoc/>
    public Task<StepTransaction> BeginAsync(IsolationLevel isolation, CancellationToken cancellationToken) =>
        _steps.BeginAsync(isolation, cancellationToken);

    /// <inheritdoc/>
    public Task PrepareAsync(DbTransaction transaction, TimeSpan limit, CancellationToken cancellationToken) =>
        _steps.PrepareAsync(transaction, limit, cancellationToken);

    /// <inheritdoc/>
    /// <remarks>The driver heeds tokens.</remarks>
    public IDisposable? InterruptOn(DbTransaction transaction, CancellationToken token) => null;

    /// <inheritdoc/>
    public Task<LandingAnswer> LandAsync(
        DbTransaction transaction,
        SessionId session,
        ExecutionId id,
        StepTry landed,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(landed);
        return _steps.LandAsync(transaction, session, id, landed, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<StepTry?> BarAsync(
        SessionId session, ExecutionId id, StepTry bar, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(bar);
        return _steps.BarAsync(session, id, bar, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<StepTry>> ReadLandedAsync(
        ExecutionId id, string key, CancellationToken cancellationToken) =>
        _steps.ReadLandedAsync(id, key, cancellationToken);

    /// <inheritdoc/>
    public TransactionFate Judge(Exception error) => StepTransactions.Judge(error);

    /// <inheritdoc/>
    public async Task<MaintenanceAnswer> MaintainAsync(
        MaintenanceRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var answer = await _maintenance.MaintainAsync(request, cancellationToken);
        if (answer.Released.Count > 0 || answer.Unblocked.Count > 0)
        {
            _notifier?.Tell();
        }

        return answer;
    }

    /// <inheritdoc/>
    public Task WaitForChangeAsync(CancellationToken cancellationToken) =>
        _listener?.WaitAsync(cancellationToken) ?? Task.Delay(Timeout.Infinite, cancellationToken);

    /// <summary>Stops listening and closes the connections that are the store's own.</summary>
    public async ValueTask DisposeAsync()
    {
        await (_listener?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_notifier?.DisposeAsync() ?? ValueTask.CompletedTask);
        _heartbeats.Dispose();
        await _database.DisposeAsync();
    }

    private async Task<CommitAnswer> CommitAsync(Func<CommitBatch> gather)
    {
        CommitBatch? batch = null;
        var answer = await _commits.CommitAsync(() => batch = gather());
        if (_notifier is not null && MakesDue(batch!, answer))
        {
            _notifier.Tell();
        }

        return answer;
    }

    /// <summary>Whether others might claim something now, or earlier than they thought.</summary>
    private static bool MakesDue(CommitBatch batch, CommitAnswer answer)
    {
        for (var i = 0; i < batch.Operations.Count; i++)
        {
            var makesDue = batch.Operations[i] switch
            {
                StartOperation => answer.Answers[i] is { Kind: AnswerKind.Started, Owned: false },
                AdvanceOperation advance => advance.Settlement is Settlement.Retry or Settlement.Released,
                _ => true,
            };
            if (makesDue)
            {
                return true;
            }
        }

        return false;
    }
}
