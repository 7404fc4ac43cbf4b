using System.Data;
using System.Data.Common;
using Hydra.Sqlite.Connections;
using Hydra.Sqlite.Migrations;
using Hydra.Sqlite.Reading;
using Hydra.Sqlite.Transitions;
using Hydra.Sqlite.Writing;

namespace Hydra.Sqlite;

/// <summary>Keeps executions in a SQLite file, which several processes of one machine may share.</summary>
/// <remarks>
/// All writes of a store go through one thread of its own, which commits what has queued up together; with full
/// durability every commit is synced to the disk before its callers hear of it. Reads have connections of their own and
/// never wait for it.
/// The database's clock is that of the machine, and never goes back within a process. When the machine's is set back, a
/// process that comes takes over the time of the workers that live, whose beats it sees: opening then takes up to two
/// heartbeats. A time that only dead workers have left behind counts for nothing, so what sleeps may sleep for longer,
/// as it would without them. A client that runs on beside workers which all came after the clock was set back keeps its
/// own time; restart it.
/// </remarks>
public sealed class SqliteWorkflowStore : IWorkflowStore, ITransactionalStore, IStartTables
{
    private readonly ConnectionFactory _factory;
    private readonly StoreClock _clock;
    private readonly ReaderPool<ReadStatements> _readers;
    private readonly WriterThread _writer;
    private readonly TimeAgreement _agreement;
    private readonly EnlistedWrites _enlisted;
    private readonly StepTransactions _steps;
    private readonly Lending _lending;

    /// <summary>Makes a store. Nothing is opened before the first call.</summary>
    /// <param name="options">Where the data is kept, and how safely.</param>
    /// <param name="namespace">The namespace that every call is about, 1 to 255 characters.</param>
    /// <param name="timeProvider">The clock of the machine.</param>
    /// <exception cref="ArgumentException">An option or the namespace breaks a rule that the message names.</exception>
    public SqliteWorkflowStore(SqliteStoreOptions options, string @namespace, TimeProvider timeProvider)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentException.ThrowIfNullOrWhiteSpace(@namespace);
        ArgumentNullException.ThrowIfNull(timeProvider);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(@namespace.Length, 255, nameof(@namespace));
        options.Validate();
        Namespace = @namespace;
        Capabilities = Capabilities with { LongestLockWait = options.BusyTimeout };
        _factory = new ConnectionFactory(options);
        _clock = new StoreClock(timeProvider);
        _readers = new ReaderPool<ReadStatements>(_factory, connection => new ReadStatements(connection, @namespace));
        _writer = new WriterThread(_factory, _clock, @namespace);
        _agreement = new TimeAgreement(_clock, timeProvider, _readers, _writer);
        _enlisted = new EnlistedWrites(_factory, _readers, _clock, @namespace);
        _lending = new Lending(_factory, options);
        _steps = new StepTransactions(_lending, _readers, _writer, @namespace);
        Queries = new SqliteQueries(_readers, _clock);
        Schedules = new SqliteSchedules(_readers, _writer, _clock);
        Retention = new SqliteRetention(_readers, _writer);
        SubjectKeys = new SqliteSubjectKeys(_readers, _writer);
    }

    /// <inheritdoc/>
    public string Namespace { get; }

    /// <inheritdoc/>
    public StoreCapabilities Capabilities { get; } = new()
    {
        Name = "sqlite",
        Writers = 2, // While one batch is synced the next queues up, and the writer thread never waits for either.
        NoticesChanges = true,
    };

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
    public async Task MigrateAsync(CancellationToken cancellationToken = default)
    {
        await Task.Run(
            () => SqliteMigrationTarget.MigrateAsync(_factory, _clock, cancellationToken), cancellationToken);
        await _agreement.ReachAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async Task VerifyAsync(CancellationToken cancellationToken = default)
    {
        await Task.Run(
            () => SqliteMigrationTarget.VerifyAsync(_factory, _clock, cancellationToken), cancellationToken);
        await _agreement.ReachAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<Instant> OpenSessionAsync(SessionRow session, CancellationToken cancellationToken)
    {
        await _agreement.ReachAsync(cancellationToken); // A session that was lost may have been, for want of it.
        return await WriteAsync(transitions => transitions.Sessions.Open(session), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<HeartbeatAnswer> HeartbeatAsync(
        SessionId session, IReadOnlyCollection<ExecutionId> running, CancellationToken cancellationToken) =>
        _writer.RunAsync(
            transitions => transitions.Sessions.Beat(session), urgent: true, cancellationToken);

    /// <inheritdoc/>
    public Task CloseSessionAsync(SessionId session, CancellationToken cancellationToken) =>
        WriteAsync(transitions => transitions.Sessions.Close(session), cancellationToken);

    /// <inheritdoc/>
    public Task<ClaimAnswer> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken)
    {
        if (!request.Workflows.All(StoreRules.IsStorable))
        {
            // Nothing has such a name.
            request = request with { Workflows = [.. request.Workflows.Where(StoreRules.IsStorable)] };
        }

        try
        {
            // An idle worker asks again and again: as long as nothing is due it does not even take the write lock.
            return _readers.Read(reader => AnswerWithoutClaiming(reader, request)) is { } answer
                ? Task.FromResult(answer)
                : WriteAsync(transitions => transitions.Claims.Claim(request), cancellationToken);
        }
        catch (StoreException exception)
        {
            return Task.FromException<ClaimAnswer>(exception);
        }
    }

    /// <inheritdoc/>
    public Task<CommitAnswer> CommitAsync(Func<CommitBatch> gather, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(gather);
        CommitBatch? batch = null; // Gathered when the transaction has begun; the same when it is tried again.
        return WriteAsync(transitions => transitions.Commit(batch ??= gather()), cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>It is done on the caller's thread, as all that Microsoft.Data.Sqlite does.</remarks>
    public Task<IReadOnlyList<OperationAnswer>> WriteAsync(
        DbTransaction transaction, IReadOnlyList<StoreOperation> operations, CancellationToken cancellationToken) =>
        _enlisted.WriteAsync(transaction, operations, cancellationToken);

    /// <inheritdoc/>
    public string Place => "";

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
        // Whoever waits looks at the file.
    }

    /// <inheritdoc/>
    public Task<StepTransaction> BeginAsync(IsolationLevel isolation, CancellationToken cancellationToken) =>
        _steps.BeginAsync(isolation, cancellationToken);

    /// <inheritdoc/>
    public Task PrepareAsync(DbTransaction transaction, TimeSpan limit, CancellationToken cancellationToken) =>
        _steps.PrepareAsync(transaction, limit, cancellationToken);

    /// <inheritdoc/>
    public IDisposable? InterruptOn(DbTransaction transaction, CancellationToken token) =>
        StepTransactions.InterruptOn(transaction, token);

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
        try
        {
            StoreRules.Validate(request);

            // Mostly there is nothing to do, and finding that out needs no lock.
            var (duties, nextExpiry) = _readers.Read(reader => reader.Duties.Find(request, _clock.Now()));
            return duties == Duties.None
                ? Task.FromResult(new MaintenanceAnswer(_clock.Now(), nextExpiry, [], [], [], [], More: false))
                : WriteAsync(transitions => transitions.Maintenance.Maintain(request, duties), cancellationToken);
        }
        catch (StoreException exception)
        {
            return Task.FromException<MaintenanceAnswer>(exception);
        }
    }

    /// <inheritdoc/>
    public Task WaitForChangeAsync(CancellationToken cancellationToken) =>
        _writer.WaitForChangeAsync(cancellationToken);

    /// <summary>
    /// Finishes the writes that are under way, ends the writer thread and closes the file. While another process holds
    /// the write lock they fail instead, so that closing takes no longer than a moment.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        await _writer.StopAsync();
        _readers.Dispose();
        _lending.Dispose();
    }

    private Task<T> WriteAsync<T>(Func<WriteTransitions, T> work, CancellationToken cancellationToken) =>
        _writer.RunAsync(work, urgent: false, cancellationToken);

    /// <returns>Null when something is due, so that the write lock is worth taking.</returns>
    private ClaimAnswer? AnswerWithoutClaiming(ReadStatements reader, ClaimRequest request)
    {
        var exists = reader.SessionExists.Bind(2, request.Session.Value).Step();
        reader.SessionExists.Reset();
        var now = _clock.Now();
        if (!exists)
        {
            return new ClaimAnswer(now, SessionLost: true, [], Instant.Never, More: false);
        }

        var first = reader.Due.ReadFirst(request, now);
        return first <= now ? null : new ClaimAnswer(now, SessionLost: false, [], first, More: false);
    }
}
