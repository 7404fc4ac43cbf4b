using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Hydra.Sqlite.Connections;

/// <summary>One open connection with its prepared statements. One thread uses it at a time.</summary>
/// <remarks>
/// Opened without SQLite's own locks, since nothing shares it; that is a tenth of every statement's time.
/// Transactions that write are begun with BEGIN IMMEDIATE only: one that reads first and writes later fails for good
/// when another process has committed in between, however long it waits.
/// </remarks>
internal sealed class Connection : IDisposable
{
    private const int NoCheckpointOnClose = 1006; // SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE.

    private readonly List<Statement> _statements = [];
    private readonly bool _isForeign;
    private Statement? _begin;
    private Statement? _beginReading;
    private Statement? _commit;
    private Statement? _rollback;
    private Statement? _dataVersion;

    static Connection() => Batteries_V2.Init();

    public Connection(string path, bool create)
    {
        var flags = raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_NOMUTEX | (create ? raw.SQLITE_OPEN_CREATE : 0);
        var code = raw.sqlite3_open_v2(path, out var handle, flags, null);
        Handle = handle;
        if (code != raw.SQLITE_OK)
        {
            var failure = Failure();
            handle.Dispose();
            throw failure;
        }

        raw.sqlite3_extended_result_codes(handle, 1);
    }

    /// <summary>Uses a connection that a user has opened, and leaves it open.</summary>
    public Connection(sqlite3 handle)
    {
        Handle = handle;
        _isForeign = true;
    }

    public sqlite3 Handle { get; }

    /// <summary>
    /// Whether a transaction is open. After a failed COMMIT it tells whether SQLite has ended it by itself.
    /// </summary>
    public bool InTransaction => raw.sqlite3_get_autocommit(Handle) == 0;

    /// <summary>Whether the path names another file by now, or none; null where SQLite cannot tell.</summary>
    public bool? HasMoved => FileIdentity.HasMoved(Handle);

    /// <summary>Which files the log and its index are; null before they are open.</summary>
    public LogMarks? Logs { get; set; }

    /// <summary>Called just before it is closed.</summary>
    public Action<Connection>? Closing { get; set; }

    /// <summary>The number of the row that was inserted last.</summary>
    public long LastInserted => raw.sqlite3_last_insert_rowid(Handle);

    /// <summary>How many pages this connection has written to the log so far.</summary>
    public int PagesWritten
    {
        get
        {
            raw.sqlite3_db_status(Handle, raw.SQLITE_DBSTATUS_CACHE_WRITE, out var written, out _, resetFlg: 0);
            return written;
        }
    }

    /// <summary>Changes whenever another connection has committed, and not when this one has.</summary>
    public long DataVersion()
    {
        _dataVersion ??= Prepare("PRAGMA data_version");
        var version = _dataVersion.Step() ? _dataVersion.Number(0) : 0;
        _dataVersion.Reset();
        return version;
    }

    /// <summary>How long SQLite itself waits for locks, in ever longer steps; zero leaves it to the caller.</summary>
    public void WaitForLocks(TimeSpan limit) => raw.sqlite3_busy_timeout(Handle, (int)limit.TotalMilliseconds);

    public Statement Prepare([StringSyntax("sql")] string sql)
    {
        var statement = new Statement(this, sql);
        _statements.Add(statement);
        return statement;
    }

    /// <summary>Prepares a statement whose first parameter is the namespace, bound for good.</summary>
    public Statement Prepare([StringSyntax("sql")] string sql, string @namespace) => Prepare(sql).Bind(1, @namespace);

    /// <summary>Executes one text that may hold several statements.</summary>
    public void Execute([StringSyntax("sql")] string sql) => Check(raw.sqlite3_exec(Handle, sql));

    /// <summary>Executes a statement that answers one text or number, such as a pragma.</summary>
    public string Query([StringSyntax("sql")] string sql)
    {
        using var statement = new Statement(this, sql);
        return statement.Step() ? statement.Text(0) : "";
    }

    /// <summary>Tries once to take the write lock.</summary>
    /// <returns>Whether this connection has it; if not, another one does.</returns>
    public bool TryBegin() => (_begin ??= Prepare("BEGIN IMMEDIATE")).TryRun();

    /// <summary>Begins a transaction that only reads: all of it sees the database as its first read does.</summary>
    public void BeginReading() => (_beginReading ??= Prepare("BEGIN")).Run();

    public void Commit() => (_commit ??= Prepare("COMMIT")).Run();

    /// <summary>Undoes whatever is open and frees every statement that an exception has left half-way.</summary>
    public void Rollback()
    {
        foreach (var statement in _statements)
        {
            statement.Reset();
        }

        if (InTransaction)
        {
            (_rollback ??= Prepare("ROLLBACK")).Run();
        }
    }

    /// <summary>Copies what the log holds into the database, as far as readers allow, and waits for nobody.</summary>
    public void Checkpoint() =>
        raw.sqlite3_wal_checkpoint_v2(Handle, "main", raw.SQLITE_CHECKPOINT_PASSIVE, out _, out _);

    /// <summary>The same, and gives the log's room on the disk back if nobody is reading.</summary>
    public void CheckpointAndTruncate() =>
        raw.sqlite3_wal_checkpoint_v2(Handle, "main", raw.SQLITE_CHECKPOINT_TRUNCATE, out _, out _);

    /// <summary>Whether all that the log holds is in the database, after copying what readers allow.</summary>
    public bool TryCopyAll() =>
        raw.sqlite3_wal_checkpoint_v2(Handle, "main", raw.SQLITE_CHECKPOINT_PASSIVE, out var logged, out var copied)
            == raw.SQLITE_OK && logged == copied;

    /// <summary>
    /// Lets this connection close without copying its log into the database and removing the log's path, which are
    /// another process's by now.
    /// </summary>
    public void LeaveLog()
    {
        if (!Handle.IsClosed) // As by a body that has closed what it was lent.
        {
            raw.sqlite3_db_config(Handle, NoCheckpointOnClose, 1, out _);
        }
    }

    public void Check(int code)
    {
        if (code != raw.SQLITE_OK)
        {
            throw Failure();
        }
    }

    /// <summary>What the last call on this connection reports.</summary>
    public SqliteException Failure()
    {
        var extended = raw.sqlite3_extended_errcode(Handle);
        return new SqliteException(raw.sqlite3_errmsg(Handle).utf8_to_string(), extended & 0xFF, extended);
    }

    public void Dispose()
    {
        foreach (var statement in _statements)
        {
            statement.Dispose();
        }

        if (_isForeign)
        {
            return;
        }

        Closing?.Invoke(this);
        Handle.Dispose();
    }
}
