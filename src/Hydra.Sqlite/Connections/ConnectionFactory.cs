using System.Globalization;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Hydra.Sqlite.Connections;

/// <summary>Opens connections with the settings that durability rests on, and checks that they really hold.</summary>
internal sealed class ConnectionFactory(SqliteStoreOptions options)
{
    // The first version without the corruption that two connections could cause while one writes and one checkpoints.
    private const int FirstSoundVersion = 3_051_003;

    private readonly string _log = Path.GetFullPath(options.Path) + "-wal";
    private readonly string _index = Path.GetFullPath(options.Path) + "-shm";
    private readonly Lock _lock = new();
    private volatile bool _replaced; // For good: only another process can know the new file.
    private volatile bool _logReplaced; // For good as well.
    private volatile LogMarks? _logs; // Of the connections that are open, which all have the same; null without one.
    private int _open; // How many; under the lock, as what sets the field above.

    public SqliteErrors Errors { get; } = new(options);

    public string FullPath { get; } = Path.GetFullPath(options.Path);

    public TimeSpan BusyTimeout => options.BusyTimeout;

    /// <summary>Checks that a connection's files are where they were: SQLite would go on with deleted ones.</summary>
    /// <remarks>
    /// A file that was replaced is not gone over to. What this process has in memory belongs to the old one: it may
    /// hold executions under epochs that the new one, if it is a backup, has given out as well.
    /// </remarks>
    /// <exception cref="StoreException">It has been removed or replaced; the message says what to do.</exception>
    public void EnsureInPlace(Connection connection)
    {
        var moved = connection.HasMoved;
        if (_replaced || (moved ?? !File.Exists(FullPath)))
        {
            _replaced |= moved == true && File.Exists(FullPath);
            throw _replaced ? Errors.FileReplaced() : Errors.FileGone();
        }

        switch (PlaceOfLog(connection))
        {
            case FilePlace.Replaced:
                throw Errors.LogReplaced();
            case FilePlace.Missing:
                throw Errors.LogGone(isSaved: false);
        }
    }

    /// <summary>Whether the log of an open connection, and its index, are where they were.</summary>
    public FilePlace PlaceOfLog(Connection connection)
    {
        var place = _logReplaced ? FilePlace.Replaced
            : connection.Logs is { } marks ? marks.Compare(LogMarks.Of(_log, _index))
            : FilePlace.Same;
        _logReplaced |= place == FilePlace.Replaced;
        return place;
    }

    /// <summary>Makes sure that what a connection has just committed can be found again.</summary>
    /// <exception cref="StoreException">One of the files was taken away meanwhile.</exception>
    public void EnsureKept(Connection connection)
    {
        if (connection.HasMoved == true)
        {
            throw Errors.FileLostInCommit();
        }

        if (PlaceOfLog(connection) != FilePlace.Same)
        {
            throw Errors.LogLostInCommit();
        }
    }

    /// <summary>Makes sure that opening one more connection would not make a new log beside one that is open.</summary>
    /// <exception cref="StoreException">It would.</exception>
    public void EnsureLogInPlace()
    {
        if (_logReplaced)
        {
            throw Errors.LogReplaced();
        }

        while (_logs is { } marks
            && File.Exists(FullPath)
            && marks.Compare(LogMarks.Of(_log, _index)) != FilePlace.Same)
        {
            if (_logs == marks) // Otherwise the last one has closed meanwhile, which removes the log.
            {
                throw Errors.LogGone(isSaved: false);
            }
        }
    }

    /// <summary>Notes which log a connection has that was just opened, until it is closed.</summary>
    public void NoteLog(Connection connection)
    {
        connection.Query("SELECT count(*) FROM sqlite_schema"); // Opens the log, which is not yet.
        connection.Logs = LogMarks.Of(_log, _index);
        lock (_lock)
        {
            _open++;
            _logs = connection.Logs;
        }

        connection.Closing = Forget;
    }

    private void Forget(Connection connection)
    {
        if (PlaceOfLog(connection) == FilePlace.Replaced)
        {
            connection.LeaveLog();
        }

        lock (_lock)
        {
            _logs = --_open == 0 ? null : _logs;
        }
    }

    /// <summary>Opens a connection that writes.</summary>
    /// <param name="create">Whether to create a missing file.</param>
    public Connection OpenWriter(bool create) =>
        Open(create, connection =>
        {
            CheckVersion();
            connection.WaitForLocks(options.BusyTimeout);
            connection.Execute(SqliteSql.NewFileSettings);
            SetWriteAheadLog(connection);
            connection.Execute(options.Durability == SqliteDurability.Full
                ? "PRAGMA synchronous = FULL"
                : "PRAGMA synchronous = NORMAL");
            connection.Execute(SqliteSql.WriterSettings);
            CheckSettings(connection);
        });

    /// <summary>Opens a connection that cannot write.</summary>
    public Connection OpenReader() =>
        Open(create: false, connection => // Not opened read-only: it may be the one that recovers after a crash.
        {
            connection.WaitForLocks(options.BusyTimeout);
            connection.Execute(SqliteSql.ReaderSettings);
        });

    private static void CheckVersion()
    {
        if (raw.sqlite3_libversion_number() < FirstSoundVersion)
        {
            throw new StoreException(
                StoreErrorKind.Unavailable,
                $"SQLite {raw.sqlite3_libversion().utf8_to_string()} can corrupt a database that two processes share. "
                + "Update the package SQLitePCLRaw.bundle_e_sqlite3 to a version that brings SQLite 3.51.3 or later.");
        }
    }

    private Connection Open(bool create, Action<Connection> setUp)
    {
        Connection? connection = null;
        if (_replaced)
        {
            throw Errors.FileReplaced();
        }

        EnsureLogInPlace();
        try
        {
            connection = new Connection(FullPath, create);
            setUp(connection);
            NoteLog(connection);
            return connection;
        }
        catch (Exception exception)
        {
            connection?.Dispose();
            if (exception is SqliteException failure)
            {
                throw Errors.Translate(failure, Effect.None);
            }

            throw;
        }
    }

    private void SetWriteAheadLog(Connection connection)
    {
        // Changing the mode takes the whole file for a moment. When several processes want that at once, SQLite does
        // not wait, because two of them could wait for each other.
        for (var wait = new BusyWait(options.BusyTimeout); ;)
        {
            try
            {
                connection.Query("PRAGMA journal_mode = WAL");
                return;
            }
            catch (SqliteException exception) when (exception.SqliteErrorCode == raw.SQLITE_BUSY && wait.Next())
            {
            }
        }
    }

    private void CheckSettings(Connection connection)
    {
        var mode = connection.Query("PRAGMA journal_mode");
        var synchronous = connection.Query("PRAGMA synchronous");
        var wanted = options.Durability == SqliteDurability.Full ? 2 : 1;
        if (mode != "wal" || synchronous != wanted.ToString(CultureInfo.InvariantCulture))
        {
            throw new StoreException(
                StoreErrorKind.Unavailable,
                $"SQLite keeps '{FullPath}' in journal mode '{mode}' with synchronous {synchronous} instead of 'wal' "
                + $"with {wanted}, so commits would not be as durable as asked. Put the file on a local file system.");
        }
    }
}
