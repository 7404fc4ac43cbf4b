using System.Data;
using System.Data.Common;
using Hydra.MySql.Connections;
using Hydra.MySql.Migrations;
using Hydra.MySql.Reading;
using Hydra.MySql.Transitions;
using Hydra.MySql.Waking;
using Hydra.Relational;

namespace Hydra.MySql;

/// <summary>Keeps executions in a MySQL or MariaDB database, which any number of machines may share.</summary>
/// <remarks>
/// Version 8.0 or later of MySQL, or 10.6 or later of MariaDB. Every batch is one transaction; what decides is read
/// under the locks of the rows, and the clock of the database decides about time. Connections come from a pool, but for
/// that of heartbeats, which is kept open.
/// </remarks>
public sealed class MySqlWorkflowStore : IWorkflowStore, ITransactionalStore, IStartTables
{
    private const int StatementBytes = 64 * 1024; // What else there is in a statement with the largest payloads.

    private readonly Database _database;
    private readonly CommitTransition _commits;
    private readonly ClaimTransition _claims;
    private readonly SessionTransitions _sessions;
    private readonly HeartbeatTransition _heartbeats;
    private readonly MaintainTransition _maintenance;
    private readonly EnlistedWrites _enlisted;
    private readonly StepTransactions _steps;
    private readonly DueProbe _probe;
    private readonly StoreCapabilities _capabilities;

    /// <summary>Makes a store with a pool of connections of its own. Nothing is opened before the first call.</summary>
    /// <param name="connectionString">
    /// A MySqlConnector connection string that names a database; what it leaves open the store sets.
    /// </param>
    /// <param name="options">How the database is used.</param>
    /// <param name="namespace">The namespace that every call is about, 1 to 255 characters.</param>
    /// <exception cref="ArgumentException">The connection string, an option or the namespace breaks a rule.</exception>
    public MySqlWorkflowStore(string connectionString, MySqlStoreOptions options, string @namespace)
        : this(connectionString, options, @namespace, testClock: null)
    {
    }

    /// <param name="connectionString">Where to connect to.</param>
    /// <param name="options">How the database is used.</param>
    /// <param name="namespace">The namespace.</param>
    /// <param name="testClock">Stands in for the clock of the database.</param>
    internal MySqlWorkflowStore(
        string connectionString, MySqlStoreOptions options, string @namespace, TimeProvider? testClock)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(connectionString);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentException.ThrowIfNullOrWhiteSpace(@namespace);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(@namespace.Length, 255, nameof(@namespace));
        options.Validate();
        Namespace = @namespace;
        var time = testClock ?? TimeProvider.System;
        var clock = new DatabaseClock(time, isDatabase: testClock is null);
        _database = new Database(connectionString, options, @namespace, clock);
        _commits = new CommitTransition(_database);
        _claims = new ClaimTransition(_database);
        _sessions = new SessionTransitions(_database);
        _heartbeats = new HeartbeatTransition(_database);
        _maintenance = new MaintainTransition(_database);
        _probe = new DueProbe(_database, options.ProbeInterval, time);
        Queries = new MySqlQueries(_database);
        Schedules = new MySqlSchedules(_database, _commits);
        Retention = new MySqlRetention(_database);
        SubjectKeys = new MySqlSubjectKeys(_database);
        _enlisted = new EnlistedWrites(_database, Queries);
        _steps = new StepTransactions(_database);
        _capabilities = new StoreCapabilities
        {
            Name = "mysql",
            Writers = 2, // More gain nothing on the server, and would make batches smaller.
            KeyedStartsMayWait = true,
            SkipsLockedRows = true,
            NoticesChanges = true,
            LongestLockWait = options.LockWait,
            StepTransactions = _database.MayLend,
        };
    }

    /// <inheritdoc/>
    public string Namespace { get; }

    /// <inheritdoc/>
    /// <remarks>
    /// A payload may be a quarter of what the server takes at once (max_allowed_packet), once that is known: an entry
    /// has an input and an output, and what is escaped may be twice as long.
    /// </remarks>
    public StoreCapabilities Capabilities => _database.LargestPacket is { } packet
        ? _capabilities with
        {
            MaxPayloadBytes = (int)Math.Min(_capabilities.MaxPayloadBytes, Math.Max(0, packet - StatementBytes) / 4),
            MaxPayloadHint = $"The server takes {packet:N0} bytes at once (max_allowed_packet), of which a payload may "
                + "be a quarter. Let it take more, or lower Limits.PayloadBytes.",
        }
        : _capabilities;

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
    public string Place => _database.TablePrefix;

    /// <inheritdoc/>
    public Task MigrateAsync(CancellationToken cancellationToken = default) => MySqlMigrationTarget.RunAsync(
        _database, target => MySqlMigrationTarget.Runner.MigrateAsync(target, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task VerifyAsync(CancellationToken cancellationToken = default) => MySqlMigrationTarget.RunAsync(
        _database, target => MySqlMigrationTarget.Runner.VerifyAsync(target, cancellationToken), cancellationToken);

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
    public Task CloseSessionAsync(SessionId session, CancellationToken cancellationToken) =>
        _sessions.CloseAsync(session).WaitAsync(cancellationToken);

    /// <inheritdoc/>
    public Task<ClaimAnswer> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        _probe.Note(request);
        return _claims.ClaimAsync(request, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<CommitAnswer> CommitAsync(Func<CommitBatch> gather, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(gather);
        return cancellationToken.IsCancellationRequested
            ? Task.FromCanceled<CommitAnswer>(cancellationToken)
            : _commits.CommitAsync(gather).WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>The connection of the transaction must have AllowUserVariables=true.</remarks>
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
        // Whoever waits looks at the tables.
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
    public Task<MaintenanceAnswer> MaintainAsync(MaintenanceRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return _maintenance.MaintainAsync(request, cancellationToken);
    }

    /// <inheritdoc/>
    public Task WaitForChangeAsync(CancellationToken cancellationToken) => _probe.WaitAsync(cancellationToken);

    /// <summary>Stops looking for changes and closes the store's connections.</summary>
    public async ValueTask DisposeAsync()
    {
        _probe.Dispose();
        _heartbeats.Dispose();
        await _database.DisposeAsync();
    }
}
