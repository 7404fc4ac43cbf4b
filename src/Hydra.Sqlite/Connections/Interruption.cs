using SQLitePCL;

namespace Hydra.Sqlite.Connections;

/// <summary>Ends what runs on a connection once a token has fired, until this is disposed of.</summary>
/// <remarks>
/// The driver looks at a token before a statement and not within one. SQLite may be interrupted from any thread, which
/// ends what runs at that moment and nothing that begins later; so it is done again and again.
/// </remarks>
internal sealed class Interruption : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

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
