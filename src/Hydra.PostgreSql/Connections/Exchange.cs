using Hydra.PostgreSql.Sql;
using Hydra.Relational.Errors;
using Npgsql;

namespace Hydra.PostgreSql.Connections;

/// <summary>One connection for one call. Statements are collected and sent together: one round trip.</summary>
/// <remarks>
/// It keeps track of what is known should the connection break. Whoever sends reads all results, up to the end: an
/// error of a later statement shows only there.
/// </remarks>
/// <param name="database">Where.</param>
/// <param name="connection">The connection.</param>
/// <param name="isOwned">Whether it is the exchange's own, to give back; not when it is a user's.</param>
internal sealed class Exchange(Database database, NpgsqlConnection connection, bool isOwned = true) : IAsyncDisposable
{
    private NpgsqlBatch _batch = new(connection);
    private NpgsqlDataReader? _reader;
    private bool _inTransaction;
    private bool _commits;
    private bool _writes;

    /// <summary>What is known of the effect when the call fails now.</summary>
    public Effect Effect { get; private set; }

    /// <summary>How long its transactions wait for a lock, where that is shorter than what the store says.</summary>
    public TimeSpan LockWait { get; set; } = TimeSpan.MaxValue;

    /// <summary>How long a statement of its transactions may take, where that is shorter as well.</summary>
    public TimeSpan StatementLimit { get; set; } = TimeSpan.MaxValue;

    /// <summary>Begins a transaction with the timeouts of this store, together with what is added next.</summary>
    public void Begin()
    {
        Add(PostgreSqlSql.Begin);
        Add(PostgreSqlSql.TransactionSettings)
            .Bind(database.LockTimeout(LockWait))
            .Bind(database.StatementTimeout(StatementLimit))
            .Bind(database.IdleTimeout);
        _inTransaction = true;
    }

    /// <summary>Ends the transaction, together with what was added before.</summary>
    /// <param name="writes">Whether it has written anything, so that a lost answer leaves a doubt.</param>
    public void Commit(bool writes = true)
    {
        Add(PostgreSqlSql.Commit);
        (_commits, _writes) = (true, writes);
    }

    public NpgsqlBatchCommand Add(string statement)
    {
        var command = new NpgsqlBatchCommand(statement);
        _batch.BatchCommands.Add(command);
        return command;
    }

    /// <summary>Adds a statement whose first parameter is the namespace.</summary>
    public NpgsqlBatchCommand AddScoped(string statement) => Add(statement).Bind(database.Namespace);

    /// <summary>The same for one that needs the time.</summary>
    public NpgsqlBatchCommand AddTimed(string statement) => AddTimed(statement, Floor);

    /// <summary>The same with a floor that other statements share.</summary>
    public NpgsqlBatchCommand AddTimed(string statement, long floor) =>
        AddScoped(statement).Bind(floor).Bind(database.Clock.Fixed);

    /// <summary>The earliest time that it can be now.</summary>
    public long Floor => database.Clock.Floor;

    /// <summary>Adds a look at the clock, whose answer <see cref="ReadNowAsync"/> reads.</summary>
    public void AddNow() => Add(PostgreSqlSql.ReadNow).Bind(database.Clock.Floor).Bind(database.Clock.Fixed);

    /// <summary>Whether nothing has been added to send.</summary>
    public bool IsEmpty => _batch.BatchCommands.Count == 0;

    /// <summary>Sends what was added. The results of the statements that answer rows are read next, in order.</summary>
    public async Task SendAsync(CancellationToken cancellationToken = default)
    {
        EnsureOpen();
        var settles = _inTransaction ? Effect == Effect.None : BoundReads();
        Effect = _commits && _writes ? Effect.Unknown : _inTransaction && !_commits ? Effect.Undone : Effect.None;
        _batch.Timeout = database.ClientTimeout;
        _reader = await _batch.ExecuteReaderAsync(cancellationToken);
        if (settles)
        {
            if (!_inTransaction)
            {
                await EnsureWritableAsync(_reader, cancellationToken);
            }

            await _reader.NextResultAsync(cancellationToken); // The settings answer a row.
        }
    }

    /// <summary>
    /// A connection may have ended while an error was passed over, of which the driver says only that it is not open.
    /// </summary>
    private void EnsureOpen()
    {
        if (isOwned && connection.FullState != System.Data.ConnectionState.Open)
        {
            throw new IOException("The connection ended behind an error.");
        }
    }

    /// <summary>
    /// What a server that was demoted answers may be old, and who only reads would go on asking it for ever.
    /// </summary>
    private async Task EnsureWritableAsync(NpgsqlDataReader limits, CancellationToken cancellationToken)
    {
        await limits.ReadAsync(cancellationToken);
        if (limits.GetBoolean(1))
        {
            database.ForgetConnections();
            throw new StoreException(
                StoreErrorKind.Unavailable,
                "The server takes no writes any more, so what it answers may be old. Nothing was written. Connect to "
                + "the primary.");
        }
    }

    /// <summary>
    /// What is sent outside of a transaction of ours ends together as well, and has the limit of time for its
    /// statements in front. Over a user's connection the transaction, and so its limits, are his.
    /// </summary>
    private bool BoundReads()
    {
        if (isOwned)
        {
            _batch.BatchCommands.Insert(
                0,
                new NpgsqlBatchCommand(PostgreSqlSql.LimitReads).Bind(database.StatementTimeout(StatementLimit)));
        }

        return isOwned;
    }

    /// <summary>Reads all rows of the next result.</summary>
    public async Task<List<T>> ReadAsync<T>(
        Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken = default)
    {
        var rows = new List<T>();
        while (await _reader!.ReadAsync(cancellationToken))
        {
            rows.Add(read(_reader));
        }

        await _reader.NextResultAsync(cancellationToken);
        return rows;
    }

    /// <summary>Reads the one row of the next result.</summary>
    public async Task<T> ReadOneAsync<T>(
        Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken = default) =>
        (await ReadAsync(read, cancellationToken))[0];

    /// <summary>Reads the time.</summary>
    public async Task<Instant> ReadNowAsync() =>
        database.Clock.Observe(await ReadOneAsync(static row => row.GetInt64(0)));

    /// <summary>Reads to the end, so that every statement has succeeded, and makes room for the next ones.</summary>
    public async Task EndAsync(CancellationToken cancellationToken = default)
    {
        while (await _reader!.NextResultAsync(cancellationToken))
        {
        }

        await _reader.DisposeAsync();
        if (_commits)
        {
            (_commits, _inTransaction, Effect) = (false, false, Effect.None);
        }

        await _batch.DisposeAsync();
        (_reader, _batch) = (null, new NpgsqlBatch(connection));
    }

    /// <summary>Undoes a transaction that has not been committed, as well as can be.</summary>
    public async Task RollBackAsync()
    {
        await EndReaderAsync();
        try
        {
            if (_inTransaction && connection.FullState == System.Data.ConnectionState.Open)
            {
                await using var command = new NpgsqlCommand("ROLLBACK", connection) { CommandTimeout = 2 };
                await command.ExecuteNonQueryAsync();
            }
        }
        catch (Exception exception) when (exception is InvalidOperationException || database.Errors.Knows(exception))
        {
            // The connection is broken, which undoes the transaction as well.
        }
    }

    /// <summary>
    /// Passes over what has not been read. An error in there, of a later statement, undoes nothing by itself.
    /// </summary>
    private async Task EndReaderAsync()
    {
        try
        {
            if (_reader is { } reader)
            {
                _reader = null;
                await reader.DisposeAsync();
            }
        }
        catch (Exception exception) when (exception is InvalidOperationException || database.Errors.Knows(exception))
        {
            // Why the call fails is known from elsewhere.
        }
    }

    /// <summary>
    /// Undoes a transaction in which a statement failed, so that another can begin over the connection.
    /// </summary>
    public async Task UndoAsync()
    {
        await RollBackAsync();
        await _batch.DisposeAsync();
        (_reader, _batch, _inTransaction, _commits) = (null, new NpgsqlBatch(connection), false, false);
        Effect = Effect.None;
    }

    public async ValueTask DisposeAsync()
    {
        if (_reader is not null)
        {
            await _reader.DisposeAsync(); // Something failed half-way.
        }

        await _batch.DisposeAsync();
        if (isOwned)
        {
            await connection.DisposeAsync();
        }
    }
}
