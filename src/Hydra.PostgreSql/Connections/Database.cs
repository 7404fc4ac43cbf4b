using System.Data.Common;
using System.Globalization;
using System.Transactions;
using Hydra.PostgreSql.Sql;
using Hydra.Relational;
using Hydra.Relational.Errors;
using Hydra.Relational.Reading;
using Npgsql;

namespace Hydra.PostgreSql.Connections;

/// <summary>One namespace of one database: its connections, its statements, its clock and its errors.</summary>
/// <remarks>
/// No session state is used but prepared statements, so that a pooler may hand every transaction to another server
/// connection. What must not wait for the pool, heartbeats and the listener, has connections of its own.
/// </remarks>
internal sealed class Database : IAsyncDisposable
{
    // A round trip, over a long way too, is no standstill.
    private static readonly TimeSpan ShortestIdling = TimeSpan.FromSeconds(1);

    private readonly NpgsqlDataSource _working;
    private readonly NpgsqlDataSource _reading;
    private readonly NpgsqlDataSource _alone;
    private readonly NpgsqlDataSource _lending;
    private readonly bool _owned;
    private readonly bool _enlists;
    private readonly PostgreSqlStoreOptions _options;

    public Database(
        NpgsqlDataSource? dataSource,
        string connectionString,
        PostgreSqlStoreOptions options,
        string @namespace,
        DatabaseClock clock)
    {
        if (dataSource is not null)
        {
            ConnectionStrings.Check(dataSource);
        }

        _options = options;
        _owned = dataSource is null;
        _enlists = dataSource is not null && new NpgsqlConnectionStringBuilder(dataSource.ConnectionString).Enlist;
        _working = dataSource ?? CreateOwn(ConnectionStrings.Working(connectionString, options));
        _reading = dataSource ?? CreateOwn(ConnectionStrings.Reading(connectionString, options));
        _alone = dataSource ?? CreateOwn(ConnectionStrings.Alone(connectionString));
        _lending = dataSource ?? NpgsqlDataSource.Create(ConnectionStrings.Lending(connectionString, options));
        MayLend = dataSource is null
            ? new NpgsqlConnectionStringBuilder(_lending.ConnectionString).MaxPoolSize
            : ConnectionStrings.MayLend(dataSource.ConnectionString);
        Namespace = @namespace;
        Clock = clock;
        Sql = new PostgreSqlSql(Quoting.Identifier(options.Schema));
        Errors = new PostgreSqlErrors(options.Schema);
        IdleTimeout = Milliseconds(
            options.LockTimeout / 2 > ShortestIdling ? options.LockTimeout / 2 : ShortestIdling);
        ClientTimeout = (int)options.CommandTimeout.TotalSeconds + 5;
    }

    /// <summary>
    /// A pool for the store alone, which has no types of its own: the driver's look at all that there are is slow in a
    /// database of many tables, and each pool would begin with one. Bodies may want to know them.
    /// </summary>
    private static NpgsqlDataSource CreateOwn(string connectionString) =>
        new NpgsqlDataSourceBuilder(connectionString)
            .ConfigureTypeLoading(static types => types.EnableTypeLoading(false))
            .Build();

    public string Namespace { get; }

    public string Schema => _options.Schema;

    public DatabaseClock Clock { get; }

    public PostgreSqlSql Sql { get; }

    public PostgreSqlErrors Errors { get; }

    public bool SkipsLockedRows => _options.SkipLockedRows;

    /// <summary>The statement that takes what is due.</summary>
    public string Take => _options.SkipLockedRows ? Sql.Take : Sql.TakeWaiting;

    /// <summary>The statement that locks what is past its deadline.</summary>
    public string LockPastDeadline => _options.SkipLockedRows ? Sql.LockPastDeadline : Sql.LockPastDeadlineWaiting;

    /// <summary>The statement that frees what is blocked.</summary>
    public string Unblock => _options.SkipLockedRows ? Sql.Unblock : Sql.UnblockWaiting;

    /// <summary>The statement that locks what is to be deleted.</summary>
    public string LockEnded => _options.SkipLockedRows ? Sql.LockEnded : Sql.LockEndedWaiting;

    public static Rows Rows { get; } = new(static (row, column) => new ExecutionId(row.GetGuid(column)));

    /// <summary>How long a transaction waits for a lock, in milliseconds, if it wants to wait for so long.</summary>
    public string LockTimeout(TimeSpan longest) =>
        Milliseconds(longest < _options.LockTimeout ? longest : _options.LockTimeout);

    /// <summary>Connections for bodies of users, which keep them for as long as their work takes.</summary>
    public NpgsqlDataSource Lending => _lending;

    /// <summary>
    /// How many of them may be lent at once: in a pool that the engine has a part in, no more than leave it enough.
    /// </summary>
    public int MayLend { get; }

    /// <summary>
    /// After how long the server ends a transaction of a process that stands still between two round trips, in
    /// milliseconds: before others give up waiting for its locks, and after a second at least.
    /// </summary>
    public string IdleTimeout { get; }

    /// <summary>How long a statement may take, in milliseconds, if it wants to take so long.</summary>
    public string StatementTimeout(TimeSpan longest) =>
        Milliseconds(longest < _options.CommandTimeout ? longest : _options.CommandTimeout);

    /// <summary>How long the client waits for an answer, in seconds: longer than the server may take.</summary>
    public int ClientTimeout { get; }

    /// <summary>Opens a connection, does a piece of work over it, and says of any failure what is known.</summary>
    /// <exception cref="StoreException">The work failed; what it had begun is undone, or in doubt.</exception>
    /// <exception cref="OperationCanceledException">The caller waits no more.</exception>
    public Task<T> RunAsync<T>(Func<Exchange, Task<T>> work, CancellationToken cancellationToken = default)
    {
        return RunAsync().WhileWantedAsync(cancellationToken);

        async Task<T> RunAsync() => await UseAsync(await OpenAsync(_working, cancellationToken), work);
    }

    /// <summary>
    /// The same for reads that callers ask for, which leave the connections of the engine alone. One whose connection
    /// has ended, maybe long ago in the pool, is made once more over a new one. So is one that was given up for others:
    /// reads are isolated as the server does by default, which spares them a BEGIN and a COMMIT.
    /// </summary>
    /// <exception cref="StoreException">The work failed.</exception>
    /// <exception cref="OperationCanceledException">The caller waits no more.</exception>
    public Task<T> ReadAsync<T>(Func<Exchange, Task<T>> work, CancellationToken cancellationToken) =>
        ReadTwiceAsync(work, cancellationToken).WhileWantedAsync(cancellationToken);

    private async Task<T> ReadTwiceAsync<T>(Func<Exchange, Task<T>> work, CancellationToken cancellationToken)
    {
        var exchange = await OpenAsync(_reading, cancellationToken);
        try
        {
            return await UseAsync(exchange, work);
        }
        catch (StoreException exception) when (
            exception.InnerException is { } inner && (Errors.IsLost(inner) || PostgreSqlErrors.IsConflict(inner)))
        {
            return await UseAsync(await OpenAsync(_alone, cancellationToken), work);
        }
    }

    private async Task<Exchange> OpenAsync(NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        try
        {
            return new Exchange(this, await OpenApartAsync(source, cancellationToken));
        }
        catch (Exception exception) when (Errors.Knows(exception))
        {
            throw Errors.Translate(exception, Effect.None);
        }
    }

    private async Task<T> UseAsync<T>(Exchange exchange, Func<Exchange, Task<T>> work)
    {
        await using (exchange)
        {
            try
            {
                return await work(exchange);
            }
            catch (Exception exception) when (Errors.Knows(exception))
            {
                var effect = exchange.Effect;
                await exchange.RollBackAsync();
                if (PostgreSqlErrors.IsReadOnly(exception))
                {
                    ForgetConnections();
                }

                throw Errors.Translate(exception, effect);
            }
            catch
            {
                await exchange.RollBackAsync();
                throw;
            }
        }
    }

    /// <summary>
    /// Has every connection closed that is open by now: the next ones may find the server that takes writes.
    /// </summary>
    public void ForgetConnections()
    {
        _working.Clear();
        _reading.Clear();
        _lending.Clear();
    }

    /// <summary>Opens a connection outside the pool, without the help of the thread pool.</summary>
    public NpgsqlConnection OpenAlone()
    {
        using var apart = Apart();
        return _alone.OpenConnection();
    }

    public ValueTask<NpgsqlConnection> OpenAloneAsync(CancellationToken cancellationToken) =>
        OpenApartAsync(_alone, cancellationToken);

    private async ValueTask<NpgsqlConnection> OpenApartAsync(
        NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        using var apart = Apart();
        return await source.OpenConnectionAsync(cancellationToken);
    }

    /// <summary>
    /// Keeps the engine's connections out of a caller's ambient transaction, in which a data source of the host's would
    /// enlist them. Whether there is one is not asked: that throws within a scope that is complete.
    /// </summary>
    private TransactionScope? Apart() => _enlists
        ? new TransactionScope(TransactionScopeOption.Suppress, TransactionScopeAsyncFlowOption.Enabled)
        : null;

    /// <summary>Where the tables are, for messages.</summary>
    public string DescribePlace(DbConnection connection) => $"schema '{Schema}' of database '{connection.Database}'";

    public async ValueTask DisposeAsync()
    {
        if (_owned)
        {
            await _working.DisposeAsync();
            await _reading.DisposeAsync();
            await _alone.DisposeAsync();
            await _lending.DisposeAsync();
        }
    }

    public static string Milliseconds(TimeSpan span) =>
        ((long)Math.Ceiling(span.TotalMilliseconds)).ToString(CultureInfo.InvariantCulture);
}
