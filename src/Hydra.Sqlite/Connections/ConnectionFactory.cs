using System.Globalization;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Hydra.Sqlite.Connections;

/// <summary>Opens connections with the settings that durability rests on, and checks that they really hold.</summary>
internal sealed class ConnectionFactory(SqliteStoreOptions options)
{
    // The first version without the corruption that two connections could cause while one writes and one checkpoints.
    private const int FirstSoundVersion = 3_051_003;

    private volatile bool _replaced; // For good: only another process can know the new file.

    public SqliteErrors Errors { get; } = new(options);

    public string FullPath { get; } = Path.GetFullPath(options.Path);

    public TimeSpan BusyTimeout => options.BusyTimeout;

    /// <summary>Checks that a connection's file is where it was: SQLite would go on with a deleted one.</summary>
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

        try
        {
            connection = new Connection(FullPath, create);
            setUp(connection);
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
