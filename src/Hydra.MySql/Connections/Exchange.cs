using Hydra.MySql.Sql;
using Hydra.Relational.Errors;
using MySqlConnector;

namespace Hydra.MySql.Connections;

/// <summary>One connection for one call. Statements are collected and sent together: one round trip.</summary>
/// <remarks>
/// They are one text for the server, which stops at the first that fails. So an error of any means that those behind it
/// were not run, COMMIT included. It keeps track of what is known should the connection break. Whoever sends reads all
/// results, up to the end: an error of a later statement shows only there.
/// </remarks>
/// <param name="database">Where.</param>
/// <param name="connection">The connection.</param>
/// <param name="isOwned">Whether it is the exchange's own, to give back; not when it is a user's.</param>
/// <param name="foreign">The user's transaction over it; null as well where it is enlisted in an ambient one.</param>
internal sealed class Exchange(
    Database database, MySqlConnection connection, bool isOwned = true, MySqlTransaction? foreign = null)
    : IAsyncDisposable
{
    private MySqlBatch _batch = new(connection, foreign);
    private MySqlDataReader? _reader;
    private long _bytes;
    private bool _inTransaction;
    private bool _commits;
    private bool _impatient; // The server has been told to wait for no longer than a transaction may stand still.

    /// <summary>What is known of the effect when the call fails now.</summary>
    public Effect Effect { get; private set; }

    private bool IsMariaDb => ServerKind.SaysMariaDb(connection.ServerVersion);

    /// <summary>Whether a transaction has been begun that is neither committed nor undone.</summary>
    public bool IsInTransaction => _inTransaction;

    /// <summary>Begins a transaction, together with what is added next.</summary>
    public void Begin() => Begin(MySqlSql.Isolate);

    /// <summary>
    /// Begins to look at what need not be committed yet, which locks nothing. <see cref="UndoAsync"/> ends it.
    /// </summary>
    public void BeginLook() => Begin(MySqlSql.SeeUncommitted);

    /// <summary>Ends the transaction, together with what was added before.</summary>
    public void Commit()
    {
        Add(MySqlSql.Commit);
        _commits = true;
    }

    public MySqlBatchCommand Add(string statement)
    {
        var command = new MySqlBatchCommand(statement);
        _batch.BatchCommands.Add(command);
        _bytes += statement.Length;
        return command;
    }

    /// <summary>Counts a payload that is bound to a statement.</summary>
    public void Count(Payload payload) => _bytes += Literals.Escaped(payload);

    /// <summary>Counts a text in hexadecimal that is bound to a statement.</summary>
    public void Count(string? digits) => _bytes += digits?.Length ?? 0;

    /// <summary>Adds a statement about the namespace.</summary>
    public MySqlBatchCommand AddScoped(string statement) => Add(statement).Bind("@namespace", database.Namespace);

    /// <summary>Adds a statement about rows that come with it as JSON.</summary>
    public MySqlBatchCommand AddRows(string statement, string rows)
    {
        _bytes += rows.Length; // Nothing in it has to be escaped.
        return AddScoped(statement).Bind("@rows", rows);
    }

    /// <summary>Adds an INSERT of rows that are written as literals.</summary>
    public void AddValues<T>(string statement, IReadOnlyCollection<T> rows, Action<Literals, T> write)
    {
        var command = Add(statement);
        var literals = new Literals(command);
        foreach (var row in rows)
        {
            literals.Row();
            write(literals, row);
            literals.End();
        }

        literals.Complete();
        _bytes += literals.TextLength + literals.ParameterBytes;
    }

    /// <summary>Sets the time for the statements that are added next.</summary>
    public void SetNow() =>
        Add(MySqlSql.SetNow).Bind("@floor", database.Clock.Floor).Bind("@fixed", database.Clock.Fixed);

    /// <summary>Sets the time, and whether a session exists, for the statements that are added next.</summary>
    public void SetNowAndAlive(SessionId session) =>
        AddScoped(database.Sql.SetNowAndAlive)
            .Bind("@floor", database.Clock.Floor).Bind("@fixed", database.Clock.Fixed)
            .Bind("@session", session.Value);

    /// <summary>Adds a look at the clock, whose answer <see cref="ReadNowAsync"/> reads.</summary>
    public void AddNow()
    {
        SetNow();
        Add(MySqlSql.ReadNow);
    }

    /// <summary>Whether nothing has been added to send.</summary>
    public bool IsEmpty => _batch.BatchCommands.Count == 0;

    /// <summary>Sends what was added. The results of the statements that answer rows are read next, in order.</summary>
    /// <exception cref="StoreException">It is more than the server takes at once; nothing has been sent.</exception>
    /// <exception cref="OperationCanceledException">The caller waits no more; nothing has been sent.</exception>
    public Task SendAsync(CancellationToken cancellationToken = default) => SendAsync(joins: true, cancellationToken);

    /// <summary>The same for what can be no part of another statement, NOWAIT for instance.</summary>
    /// <exception cref="StoreException">It is more than the server takes at once; nothing has been sent.</exception>
    /// <exception cref="OperationCanceledException">The caller waits no more; nothing has been sent.</exception>
    public Task SendApartAsync(CancellationToken cancellationToken = default) =>
        SendAsync(joins: false, cancellationToken);

    private async Task SendAsync(bool joins, CancellationToken cancellationToken)
    {
        database.EnsureFits(_bytes);
        cancellationToken.ThrowIfCancellationRequested();
        EnsureOpen();
        SetPatience();
        var looks = isOwned && !_inTransaction;
        if (looks)
        {
            _batch.BatchCommands.Insert(0, new MySqlBatchCommand(MySqlSql.TakesNoWrites));
        }

        if (joins)
        {
            Join();
        }

        Effect = _commits ? Effect.Unknown : _inTransaction ? Effect.Undone : Effect.None;
        _batch.Timeout = database.ClientTimeout;
        _reader = await _batch.ExecuteReaderAsync(Forwarded(cancellationToken));
        if (looks)
        {
            await EnsureWritableAsync(Forwarded(cancellationToken));
        }
    }

    /// <summary>
    /// A connection may have ended while an error was passed over, of which the driver says only that it is not open.
    /// </summary>
    private void EnsureOpen()
    {
        if (isOwned && connection.State != System.Data.ConnectionState.Open)
        {
            throw new IOException("The connection ended behind an error.");
        }
    }

    /// <summary>
    /// What a server that was demoted answers may be old, and who only reads would go on asking it for ever.
    /// </summary>
    private async Task EnsureWritableAsync(CancellationToken cancellationToken)
    {
        if (await ReadOneAsync(static row => SessionSettings.IsOn(row.GetValue(0)), cancellationToken))
        {
            throw new NoWritesException();
        }
    }

    /// <summary>Reads all rows of the next result.</summary>
    public async Task<List<T>> ReadAsync<T>(
        Func<MySqlDataReader, T> read, CancellationToken cancellationToken = default)
    {
        var forwarded = Forwarded(cancellationToken);
        var rows = new List<T>();
        while (await _reader!.ReadAsync(forwarded))
        {
            rows.Add(read(_reader));
        }

        await _reader.NextResultAsync(forwarded);
        return rows;
    }

    /// <summary>Reads the one row of the next result.</summary>
    public async Task<T> ReadOneAsync<T>(
        Func<MySqlDataReader, T> read, CancellationToken cancellationToken = default) =>
        (await ReadAsync(read, cancellationToken))[0];

    /// <summary>Reads the time.</summary>
    public async Task<Instant> ReadNowAsync() =>
        database.Clock.Observe(await ReadOneAsync(static row => row.GetInt64(0)));

    /// <summary>Reads to the end, so that every statement has succeeded, and makes room for the next ones.</summary>
    public async Task EndAsync(CancellationToken cancellationToken = default)
    {
        while (await _reader!.NextResultAsync(Forwarded(cancellationToken)))
        {
        }

        await _reader.DisposeAsync();
        if (_commits)
        {
            (_commits, _inTransaction, _impatient, Effect) = (false, false, false, Effect.None);
        }

        Clear();
    }

    /// <summary>Undoes a transaction that has not been committed, as well as can be.</summary>
    public async Task RollBackAsync()
    {
        await EndReaderAsync();
        try
        {
            if (_inTransaction && connection.State == System.Data.ConnectionState.Open)
            {
                var text = _impatient ? $"{MySqlSql.Rollback}; {MySqlSql.ResetPatience}" : MySqlSql.Rollback;
                await using var command = new MySqlCommand(text, connection) { CommandTimeout = 2 };
                await command.ExecuteNonQueryAsync();
                _impatient = false;
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
        (_inTransaction, _commits, Effect) = (false, false, Effect.None);
        Clear();
    }

    /// <summary>
    /// Goes on within a transaction in which a statement failed that undid nothing but itself: those behind it were not
    /// run.
    /// </summary>
    public async Task GoOnAsync()
    {
        await EndReaderAsync();
        (_commits, Effect) = (false, Effect.Undone);
        Clear();
    }

    public async ValueTask DisposeAsync()
    {
        if (_reader is not null)
        {
            await _reader.DisposeAsync(); // Something failed half-way.
        }

        _batch.Dispose();
        if (isOwned)
        {
            await connection.DisposeAsync();
        }
    }

    /// <summary>What the driver may listen to.</summary>
    /// <remarks>
    /// It kills a statement within the call that fires the token, and throws there when the connection has just ended:
    /// out of a timer that is the end of the process. Over the exchange's own connection nobody waits for it instead.
    /// </remarks>
    private CancellationToken Forwarded(CancellationToken cancellationToken) =>
        isOwned ? CancellationToken.None : cancellationToken;

    private void Begin(string isolate)
    {
        Add(isolate);
        Add(MySqlSql.Begin);
        _inTransaction = true;
    }

    private void Clear()
    {
        _batch.Dispose();
        (_reader, _batch, _bytes) = (null, new MySqlBatch(connection, foreign), 0);
    }

    /// <summary>
    /// While a transaction is open and nothing is under way the server soon ends the connection, so that a process that
    /// stands still does not keep locks that others wait for. One that would be committed at once may stay open as
    /// well, where a statement in front fails.
    /// </summary>
    /// <remarks>MariaDB has a bound for that, which each session sets once (<see cref="SessionSettings"/>).</remarks>
    private void SetPatience()
    {
        if (IsMariaDb || !_inTransaction)
        {
            return;
        }

        if (!_impatient)
        {
            _batch.BatchCommands.Insert(0, new MySqlBatchCommand(MySqlSql.SetPatience).Bind(
                "@seconds", database.Patience));
            _impatient = true;
        }

        if (_commits)
        {
            Add(MySqlSql.ResetPatience); // Which is run if nothing fails before.
        }
    }

    /// <summary>
    /// MariaDB can take several statements for one, and then answers only those that read, instead of each by itself:
    /// for a small commit those answers were a tenth of the wait, and a third of this process's work.
    /// </summary>
    /// <remarks>
    /// Not over a user's connection, whose mode of SQL may have another syntax for it. The limit of time for a
    /// statement is one for all of them together then.
    /// </remarks>
    private void Join()
    {
        if (isOwned && database.JoinsStatements && _batch.BatchCommands.Count > 1 && IsMariaDb)
        {
            var first = _batch.BatchCommands[0];
            first.CommandText = $"{MySqlSql.BeginBlock} {first.CommandText}";
            Add(MySqlSql.EndBlock);
        }
    }
}
