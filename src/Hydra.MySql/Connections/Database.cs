using System.Data;
using System.Data.Common;
using Hydra.MySql.Sql;
using Hydra.Relational;
using Hydra.Relational.Errors;
using Hydra.Relational.Reading;
using MySqlConnector;

namespace Hydra.MySql.Connections;

/// <summary>One namespace of one database: its connections, its statements, its clock and its errors.</summary>
/// <remarks>
/// What must not wait for the pool, heartbeats and migrations, has connections of its own.
/// </remarks>
internal sealed class Database : IAsyncDisposable
{
    private readonly Lock _lock = new(); // Over changes of the pools, and of whether it is disposed.
    private readonly MySqlStoreOptions _options;
    private readonly SessionSettings _settings;
    private readonly IReadOnlyList<string> _hosts; // Connection strings. All connections are to one of them at a time.

    private volatile Pools _pools;
    private int _host;
    private bool _disposed;

    public Database(string connectionString, MySqlStoreOptions options, string @namespace, DatabaseClock clock)
    {
        _options = options;
        _settings = new SessionSettings(options);
        _hosts = ConnectionStrings.EachHost(connectionString);
        _pools = CreatePools();
        var lending = new MySqlConnectionStringBuilder(ConnectionStrings.Lending(connectionString));
        MayLend = (int)lending.MaximumPoolSize;
        Namespace = @namespace;
        Clock = clock;
        Sql = new MySqlSql(options.TablePrefix);
        Errors = new MySqlErrors(options.TablePrefix);
        ClientTimeout = (int)options.CommandTimeout.TotalSeconds + 5;
    }

    public string Namespace { get; }

    /// <summary>Whether a server that can is sent what goes together as one statement.</summary>
    public bool JoinsStatements => _options.JoinStatements;

    /// <summary>How long a statement waits for a lock.</summary>
    public TimeSpan LockWait => _options.LockWait;

    /// <summary>How many connections there are for bodies of users.</summary>
    public int MayLend { get; }

    public string TablePrefix => _options.TablePrefix;

    public DatabaseClock Clock { get; }

    public MySqlSql Sql { get; }

    public MySqlErrors Errors { get; }

    public static Rows Rows { get; } = new(static (row, column) =>
    {
        var bytes = new byte[16]; // Read as such: a user's connection may take them for a Guid.
        row.GetBytes(column, 0, bytes, 0, bytes.Length);
        return ExecutionId.FromBytes(bytes);
    });

    /// <summary>
    /// After how many seconds the server ends the connection of a process that stands still within a transaction.
    /// </summary>
    public int Patience => _options.IdleSeconds;

    /// <summary>How long the client waits for an answer, in seconds: longer than the server may take.</summary>
    public int ClientTimeout { get; }

    /// <summary>The most bytes that the server takes at once; null until it has been asked.</summary>
    public long? LargestPacket => _settings.LargestPacket;

    /// <exception cref="StoreException">It is more than the server takes at once.</exception>
    public void EnsureFits(long bytes)
    {
        if (LargestPacket is { } most && bytes > most)
        {
            throw new StoreException(
                StoreErrorKind.Deterministic,
                $"The server takes {most:N0} bytes at once (max_allowed_packet), which may be too few for {bytes:N0}. "
                + "Nothing was written. Let it take more: four times the largest payload.");
        }
    }

    /// <summary>Opens a connection, does a piece of work over it, and says of any failure what is known.</summary>
    /// <exception cref="StoreException">The work failed; what it had begun is undone, or in doubt.</exception>
    /// <exception cref="OperationCanceledException">
    /// The caller waits no more; what was sent goes on to its end, and nothing more is sent.
    /// </exception>
    public Task<T> RunAsync<T>(Func<Exchange, Task<T>> work, CancellationToken cancellationToken = default)
    {
        return RunAsync().WhileWantedAsync(cancellationToken);

        async Task<T> RunAsync()
        {
            var (pools, exchange) = await OpenAsync(static pools => pools.Working);
            return await UseAsync(pools, exchange, work);
        }
    }

    /// <summary>
    /// The same for reads that callers ask for, which leave the connections of the engine alone. One whose connection
    /// has ended, maybe long ago in the pool, is made once more over a new one.
    /// </summary>
    /// <exception cref="StoreException">The work failed.</exception>
    /// <exception cref="OperationCanceledException">The caller waits no more.</exception>
    public Task<T> ReadAsync<T>(Func<Exchange, Task<T>> work, CancellationToken cancellationToken) =>
        ReadTwiceAsync(work).WhileWantedAsync(cancellationToken);

    private async Task<T> ReadTwiceAsync<T>(Func<Exchange, Task<T>> work)
    {
        var (pools, exchange) = await OpenAsync(static pools => pools.Reading);
        try
        {
            return await UseAsync(pools, exchange, work);
        }
        catch (StoreException exception) when (exception.InnerException is { } inner && Errors.IsLost(inner))
        {
            (pools, exchange) = await OpenAsync(static pools => pools.Alone);
            return await UseAsync(pools, exchange, work);
        }
    }

    /// <summary>
    /// Begins a transaction over a connection for bodies of users, which keep it for as long as their work takes.
    /// </summary>
    /// <exception cref="DbException">The database cannot be reached.</exception>
    /// <exception cref="StoreException">It takes no writes.</exception>
    public async Task<StepTransaction> LendAsync(IsolationLevel isolation, CancellationToken cancellationToken)
    {
        var (_, transaction) = await FromPoolsAsync(async pools =>
            await ConnectionTransaction.BeginAsync(pools.Lending, isolation, cancellationToken));
        return transaction;
    }

    private async Task<(Pools Pools, Exchange Exchange)> OpenAsync(Func<Pools, MySqlDataSource> choose)
    {
        try
        {
            return await FromPoolsAsync(async pools =>
                new Exchange(this, await choose(pools).OpenConnectionAsync()));
        }
        catch (Exception exception) when (Errors.Knows(exception))
        {
            throw Errors.Translate(exception, Effect.None);
        }
    }

    /// <summary>
    /// Takes something out of the pools that there are now, and says which ones they were. Where it is in vain, the
    /// other hosts are tried, each once.
    /// </summary>
    private async Task<(Pools Pools, T Taken)> FromPoolsAsync<T>(Func<Pools, Task<T>> take)
    {
        for (var left = _hosts.Count - 1; ;)
        {
            var pools = _pools;
            try
            {
                return (pools, await take(pools));
            }
            catch (ObjectDisposedException) when (pools != _pools)
            {
                // They were replaced in this moment.
            }
            catch (Exception exception) when (IsInVain(exception))
            {
                await ForgetConnectionsAsync(pools, moves: true);
                if (left-- == 0)
                {
                    throw exception is NoWritesException refused ? refused.Translate() : exception;
                }
            }
        }
    }

    /// <summary>
    /// Whether another host may do where this one does not, or has been refused. The driver says the same of a host
    /// that is not there and of a pool all of whose connections are in use, which tells nothing of the host.
    /// </summary>
    private bool IsInVain(Exception exception) => exception is NoWritesException
        || (_hosts.Count > 1 && exception is StoreException
            or MySqlException { ErrorCode: MySqlErrorCode.UnableToConnectToHost }
            && !exception.Message.Contains("pooled connections are in use", StringComparison.Ordinal));

    private async Task<T> UseAsync<T>(Pools pools, Exchange exchange, Func<Exchange, Task<T>> work)
    {
        await using (exchange)
        {
            try
            {
                return await work(exchange);
            }
            catch (NoWritesException exception)
            {
                await ForgetConnectionsAsync(pools);
                throw exception.Translate();
            }
            catch (Exception exception) when (Errors.Knows(exception))
            {
                var effect = exchange.Effect;
                await exchange.RollBackAsync();
                if (MySqlErrors.IsReadOnly(exception))
                {
                    await ForgetConnectionsAsync(pools);
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
    /// Has every connection closed that came out of some pools, unless somebody has seen to it before: the next ones
    /// may find the server that takes writes.
    /// </summary>
    private async Task ForgetConnectionsAsync(Pools pools, bool moves = false)
    {
        if (Replace(pools, moves))
        {
            await pools.DisposeAsync();
        }
    }

    /// <returns>Whether the pools are for the caller to dispose.</returns>
    private bool Replace(Pools pools, bool moves)
    {
        lock (_lock)
        {
            if (_disposed || pools != _pools)
            {
                return false;
            }

            _host = moves ? (_host + 1) % _hosts.Count : _host;
            _pools = CreatePools();
            return true;
        }
    }

    private Pools CreatePools() => new(
        _hosts[_host],
        (opened, _) => IsNew(opened) ? _settings.ApplyAsync(opened.Connection) : ValueTask.CompletedTask,
        (opened, _) =>
        {
            _settings.Apply(opened.Connection); // Without the thread pool.
            return ValueTask.CompletedTask;
        },
        (opened, _) => IsNew(opened) ? _settings.LookAsync(opened.Connection) : ValueTask.CompletedTask);

    /// <summary>
    /// Opens a connection outside the pool, without the help of the thread pool. It is to whichever host the others are
    /// to: where that one does not do, they find another, or the next call does.
    /// </summary>
    /// <exception cref="StoreException">The server takes no writes.</exception>
    public MySqlConnection OpenAlone()
    {
        while (true)
        {
            var pools = _pools;
            try
            {
                return pools.Alone.OpenConnection();
            }
            catch (ObjectDisposedException) when (pools != _pools)
            {
                // They were replaced in this moment.
            }
            catch (Exception exception) when (IsInVain(exception))
            {
                _ = ForgetConnectionsAsync(pools, moves: true); // Who waits for that needs no thread of ours.
                throw exception is NoWritesException refused ? refused.Translate() : exception;
            }
        }
    }

    public async ValueTask<MySqlConnection> OpenAloneAsync() =>
        (await FromPoolsAsync(static async pools => await pools.Alone.OpenConnectionAsync())).Taken;

    /// <summary>
    /// The same for one that migrates: its statements take as long as they take. It waits five seconds for a table in
    /// use, behind which everybody else waits, and the server ends it when it has stood still for a minute.
    /// </summary>
    public async Task<MySqlConnection> OpenMigratingAsync()
    {
        var connection = await OpenAloneAsync();
        try
        {
            await SessionSettings.FreeAsync(connection);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Where the tables are, for messages.</summary>
    public string DescribePlace(DbConnection connection) =>
        $"database '{connection.Database}', under names that begin with '{TablePrefix}'";

    public async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            _disposed = true;
        }

        await _pools.DisposeAsync();
    }

    private static bool IsNew(MySqlConnectionOpenedContext opened) =>
        opened.Conditions.HasFlag(MySqlConnectionOpenedConditions.New);
}
