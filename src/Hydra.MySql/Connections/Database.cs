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
    private readonly MySqlDataSource _working;
    private readonly MySqlDataSource _reading;
    private readonly MySqlDataSource _alone;
    private readonly MySqlStoreOptions _options;
    private readonly SessionSettings _settings;

    public Database(string connectionString, MySqlStoreOptions options, string @namespace, DatabaseClock clock)
    {
        _options = options;
        _settings = new SessionSettings(options);
        _working = CreatePool(ConnectionStrings.Working(connectionString));
        _reading = CreatePool(ConnectionStrings.Reading(connectionString));
        _alone = new MySqlDataSourceBuilder(ConnectionStrings.Alone(connectionString))
            .UseConnectionOpenedCallback((opened, _) =>
            {
                _settings.Apply(opened.Connection); // Without the thread pool.
                return ValueTask.CompletedTask;
            })
            .Build();
        var lending = ConnectionStrings.Lending(connectionString);
        Lending = new MySqlDataSource(lending);
        MayLend = (int)new MySqlConnectionStringBuilder(lending).MaximumPoolSize;
        Namespace = @namespace;
        Clock = clock;
        Sql = new MySqlSql(options.TablePrefix);
        Errors = new MySqlErrors(options.TablePrefix);
        Patience = Math.Max(1, (int)(options.LockTimeout / 2).TotalSeconds);
        ClientTimeout = (int)options.CommandTimeout.TotalSeconds + 5;
    }

    public string Namespace { get; }

    /// <summary>Whether a server that can is sent what goes together as one statement.</summary>
    public bool JoinsStatements => _options.JoinStatements;

    /// <summary>How long a statement waits for a lock.</summary>
    public TimeSpan LockWait => _options.LockWait;

    /// <summary>Connections for bodies of users, which keep them for as long as their work takes.</summary>
    public MySqlDataSource Lending { get; }

    /// <summary>How many of them there are.</summary>
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
    public int Patience { get; }

    /// <summary>How long the client waits for an answer, in seconds: longer than the server may take.</summary>
    public int ClientTimeout { get; }

    /// <summary>The most bytes that the server takes at once.</summary>
    public long LargestPacket => _settings.LargestPacket;

    /// <summary>Opens a connection, does a piece of work over it, and says of any failure what is known.</summary>
    /// <exception cref="StoreException">The work failed; what it had begun is undone, or in doubt.</exception>
    /// <exception cref="OperationCanceledException">
    /// The caller waits no more; what was sent goes on to its end, and nothing more is sent.
    /// </exception>
    public Task<T> RunAsync<T>(Func<Exchange, Task<T>> work, CancellationToken cancellationToken = default)
    {
        return RunAsync().WhileWantedAsync(cancellationToken);

        async Task<T> RunAsync() => await UseAsync(await OpenAsync(_working), work);
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
        var exchange = await OpenAsync(_reading);
        try
        {
            return await UseAsync(exchange, work);
        }
        catch (StoreException exception) when (exception.InnerException is { } inner && Errors.IsLost(inner))
        {
            return await UseAsync(await OpenAsync(_alone), work);
        }
    }

    private async Task<Exchange> OpenAsync(MySqlDataSource source)
    {
        try
        {
            return new Exchange(this, await source.OpenConnectionAsync());
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
                throw Errors.Translate(exception, effect);
            }
            catch
            {
                await exchange.RollBackAsync();
                throw;
            }
        }
    }

    /// <summary>Opens a connection outside the pool, without the help of the thread pool.</summary>
    public MySqlConnection OpenAlone() => _alone.OpenConnection();

    public ValueTask<MySqlConnection> OpenAloneAsync() => _alone.OpenConnectionAsync();

    /// <summary>Where the tables are, for messages.</summary>
    public string DescribePlace(DbConnection connection) =>
        $"database '{connection.Database}', under names that begin with '{TablePrefix}'";

    public async ValueTask DisposeAsync()
    {
        await _working.DisposeAsync();
        await _reading.DisposeAsync();
        await _alone.DisposeAsync();
        await Lending.DisposeAsync();
    }

    private MySqlDataSource CreatePool(string connectionString) => new MySqlDataSourceBuilder(connectionString)
        .UseConnectionOpenedCallback((opened, _) =>
            opened.Conditions.HasFlag(MySqlConnectionOpenedConditions.New)
                ? _settings.ApplyAsync(opened.Connection)
                : ValueTask.CompletedTask)
        .Build();
}
