using SQLitePCL;

namespace Hydra.Sqlite.Connections;

/// <summary>
/// Ends what runs on a connection once a token has fired, and undoes its transaction, until this is disposed of.
/// </summary>
/// <remarks>
/// The driver looks at a token before a statement and not within one, and a body may pass it over; the file has one
/// write lock, though. SQLite may be interrupted from any thread, which ends what runs at that moment and nothing that
/// begins later; so it is done again and again. The driver hears of the rollback and refuses what the body still sends.
/// </remarks>
internal sealed class Interruption : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    // Whether a connection may be used from two threads at once, which then wait for each other.
    private static readonly bool IsSerialized = raw.sqlite3_threadsafe() == 1;

    private readonly Lock _lock = new();
    private readonly sqlite3 _handle;
    private readonly CancellationTokenRegistration _registration;
    private ITimer? _timer;
    private bool _ended;

    public Interruption(sqlite3 handle, CancellationToken token)
    {
        _handle = handle;
        _registration = token.UnsafeRegister(static self => ((Interruption)self!).Interrupt(), this);
    }

    public void Dispose()
    {
        _registration.Dispose();
        lock (_lock)
        {
            _ended = true;
            _timer?.Dispose();
        }
    }

    private void Interrupt()
    {
        lock (_lock)
        {
            if (_ended)
            {
                return; // What follows on this connection is not the body's.
            }

            try
            {
                raw.sqlite3_interrupt(_handle);
                if (IsSerialized && raw.sqlite3_get_autocommit(_handle) == 0)
                {
                    raw.sqlite3_exec(_handle, "ROLLBACK"); // Fails while a reader is open, until the next time.
                }
            }
            catch (ObjectDisposedException)
            {
                return; // The body has closed the connection.
            }

            // By the machine's clock, whatever time the store is told: the statement runs in the real world.
            _timer ??= TimeProvider.System.CreateTimer(
                static self => ((Interruption)self!).Interrupt(), this, Pause, Pause);
        }
    }
}
