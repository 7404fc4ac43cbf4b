using System.Diagnostics;
using Hydra.Sqlite.Connections;
using Hydra.Sqlite.Transitions;
using Microsoft.Data.Sqlite;

namespace Hydra.Sqlite.Writing;

/// <summary>
/// The writer thread's connection: opened when needed, closed when it is spoilt, fair to other processes.
/// </summary>
/// <remarks>
/// SQLite has no queue for its write lock, and who has just released it is the first to take it again. So whoever sees
/// that others commit as well pauses between two transactions for as long as they sleep between two tries.
/// </remarks>
internal sealed class WriterConnection(ConnectionFactory factory, string @namespace)
{
    private static readonly TimeSpan OthersRemembered = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LastPatience = TimeSpan.FromMilliseconds(250);

    private Connection? _connection;
    private Checkpointer? _checkpointer;
    private WriteTransitions? _transitions;
    private bool _isMisplaced; // The file is not where it was; only an open connection still knows which one it was.
    private long _dataVersion;
    private long _othersSeen;
    private long _closingSince; // Written by whoever closes the store.

    public SqliteErrors Errors => factory.Errors;

    /// <summary>
    /// Whether other connections are committing too, so that they should get a chance before the next round.
    /// </summary>
    public bool IsShared => _othersSeen != 0 && Stopwatch.GetElapsedTime(_othersSeen) < OthersRemembered;

    /// <summary>Opens the connection if it is not.</summary>
    /// <exception cref="StoreException">It cannot be opened, or its file is gone.</exception>
    /// <exception cref="SqliteException">The tables are not there.</exception>
    public WriteTransitions Open()
    {
        if (_connection is not null)
        {
            EnsureInPlace(_connection);
        }

        _connection ??= factory.OpenWriter(create: false);
        _checkpointer ??= new Checkpointer(factory.OpenReader);
        if (_transitions is null)
        {
            _transitions = new WriteTransitions(_connection, @namespace);
            _connection.WaitForLocks(TimeSpan.Zero); // From here on it only waits in Begin, in steps of its own.
        }

        return _transitions;
    }

    private void EnsureInPlace(Connection connection)
    {
        _isMisplaced = true;
        try
        {
            factory.EnsureInPlace(connection);
        }
        catch (StoreException) when (TrySaveLog(connection))
        {
            throw factory.Errors.LogGone(isSaved: true);
        }

        _isMisplaced = false;
    }

    /// <summary>Copies what only a removed log holds into the database: nobody else can any more.</summary>
    /// <remarks>
    /// Not once there is another log, whose owner would not see what is copied. One that comes at this very moment may
    /// miss some of it; without this all of it would be lost.
    /// </remarks>
    private bool TrySaveLog(Connection connection)
    {
        if (connection.HasMoved == true || factory.PlaceOfLog(connection) != FilePlace.Missing)
        {
            return false;
        }

        var wait = new BusyWait(LastPatience); // A reader of this process may be holding it up.
        while (!connection.TryCopyAll())
        {
            if (!wait.Next())
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Begins a transaction that has the write lock.</summary>
    /// <returns>Null, or why not: another process has held it for longer than this one waits.</returns>
    public StoreException? Begin()
    {
        for (var wait = new BusyWait(factory.BusyTimeout); !_connection!.TryBegin();)
        {
            if (IsPatienceOver)
            {
                return factory.Errors.ClosedWhileLocked();
            }

            if (!wait.Next())
            {
                return factory.Errors.Busy(Effect.None);
            }
        }

        return null;
    }

    /// <summary>From now on it waits for the write lock no longer than a moment. Called from any thread.</summary>
    public void HurryUp() => Volatile.Write(ref _closingSince, Stopwatch.GetTimestamp());

    private bool IsPatienceOver =>
        Volatile.Read(ref _closingSince) is not 0 and var since && Stopwatch.GetElapsedTime(since) > LastPatience;

    /// <exception cref="StoreException">A file was replaced or removed in the middle of the transaction.</exception>
    public void Commit()
    {
        _connection!.Commit();
        try
        {
            factory.EnsureKept(_connection);
        }
        catch (StoreException)
        {
            _isMisplaced = true;
            TrySaveLog(_connection);
            throw;
        }
    }

    /// <summary>What may be done once the callers of a transaction have been answered.</summary>
    public void AfterCommit() => _checkpointer!.AfterCommit(_connection!);

    /// <summary>
    /// Whether another connection has committed since this was asked last. Commits of this one do not count.
    /// </summary>
    public bool OthersHaveCommitted()
    {
        var version = Open().Connection.DataVersion();
        if (version == _dataVersion)
        {
            return false;
        }

        _othersSeen = _dataVersion == 0 ? 0 : Stopwatch.GetTimestamp();
        _dataVersion = version;
        return true;
    }

    /// <summary>Undoes an open transaction and closes the connection if the failure says that it is spoilt.</summary>
    public void Abandon(StoreException failure)
    {
        try
        {
            _connection?.Rollback();
            if (SqliteErrors.IsDiskFull(failure))
            {
                _connection?.CheckpointAndTruncate(); // The log may hold what the database has room for.
            }

            if (_isMisplaced || !SqliteErrors.SpoilsConnection(failure))
            {
                return;
            }
        }
        catch (SqliteException)
        {
            // Closing the connection undoes whatever is still open.
        }

        Close();
    }

    /// <summary>Closes the connection after a failure, to be opened anew.</summary>
    public void CloseSpoilt()
    {
        if (!_isMisplaced)
        {
            Close();
        }
    }

    public void Close()
    {
        _dataVersion = 0; // Another connection counts from somewhere else.
        _transitions = null;
        _checkpointer?.Dispose();
        _checkpointer = null;
        _connection?.Dispose();
        _connection = null;
    }
}
