using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Hydra.Sqlite.Connections;

/// <summary>
/// Ends what runs on a connection once a token has fired, and undoes its transaction, until this is disposed of.
/// </summary>
/// <remarks>
/// The driver looks at a token before a statement and not within one, and a body may pass it over; the file has one
/// write lock, though. SQLite may be interrupted from any thread, which ends what runs at that moment and nothing that
/// begins later; so it is done again and again. The driver hears of the rollback and refuses what the body still sends,
/// but for a statement that it has just let pass, which would be committed by itself: so nothing can be committed any
/// more from before the rollback on.
/// </remarks>
internal sealed class Interruption : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    // Whether a connection may be used from two threads at once, which then wait for each other.
    private static readonly bool IsSerialized = raw.sqlite3_threadsafe() == 1;

    private readonly Lock _lock = new();
    private readonly SqliteConnection _connection;
    private readonly sqlite3 _handle;
    private readonly CancellationTokenRegistration _registration;
    private ITimer? _timer;
    private volatile bool _waits;
    private bool _commitsNothing;
    private bool _ended;

    public Interruption(SqliteConnection connection, CancellationToken token)
    {
        _connection = connection;
        _handle = connection.Handle!;
        _registration = token.UnsafeRegister(static self => ((Interruption)self!).Interrupt(), this);
    }

    public void Dispose()
    {
        _registration.Dispose();
        lock (_lock)
        {
            End();
        }
    }

    private void End()
    {
        _ended = true;
        _timer?.Dispose();
        if (_commitsNothing && !_handle.IsClosed)
        {
            raw.sqlite3_commit_hook(_handle, null, null); // Whoever has the connection next may commit.
        }
    }

    private void Interrupt()
    {
        var isFirst = _lock.TryEnter();
        try
        {
            if (!isFirst)
            {
                if (_waits)
                {
                    raw.sqlite3_interrupt(_handle); // The body has begun another statement, which the first is behind.
                }

                return;
            }

            if (_ended)
            {
                return; // What follows on this connection is not the body's.
            }

            if (_connection.Handle != _handle)
            {
                End(); // The body has closed it, and it may be somebody else's by now.
                return;
            }

            // By the machine's clock, whatever time the store is told: the statement runs in the real world.
            _timer ??= TimeProvider.System.CreateTimer(
                static self => ((Interruption)self!).Interrupt(), this, Pause, Pause);
            _waits = true;
            raw.sqlite3_interrupt(_handle);
            if (IsSerialized)
            {
                Undo();
            }
        }
        catch (ObjectDisposedException)
        {
            // The body has closed the connection.
        }
        finally
        {
            if (isFirst)
            {
                _waits = false;
                _lock.Exit();
            }
        }
    }

    /// <summary>Each of these calls waits for what the connection is at.</summary>
    private void Undo()
    {
        if (!_commitsNothing)
        {
            raw.sqlite3_commit_hook(_handle, static _ => 1, null);
            _commitsNothing = true;
        }

        if (raw.sqlite3_get_autocommit(_handle) == 0)
        {
            raw.sqlite3_exec(_handle, "ROLLBACK"); // Fails while a reader is open, until the next time.
        }
    }
}
