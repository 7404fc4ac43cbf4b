using Hydra.Sqlite.Connections;

namespace Hydra.Sqlite.Writing;

/// <summary>
/// Copies the write-ahead log into the database before it grows, mostly while the writer goes on writing.
/// </summary>
/// <remarks>
/// A checkpoint on the writer thread would hold everybody up for the time of a long sync. So the bulk is copied over a
/// connection of its own. The log can only begin anew once all of it is copied, and by then the writer has written a
/// little more; that little it copies itself. Should all this be late, SQLite's own checkpoint at four times the size
/// (wal_autocheckpoint) keeps the log bounded; a reader that never ends can still make it grow.
/// </remarks>
internal sealed class Checkpointer(ConnectionFactory factory) : IDisposable
{
    private const int Pages = 2_000; // 16 MiB of the log.

    private Task _copying = Task.CompletedTask;
    private Connection? _connection;
    private bool _copied;
    private int _pagesBefore;

    /// <summary>Called by the writer thread between its transactions.</summary>
    public void AfterCommit(Connection writer)
    {
        if (!_copying.IsCompleted)
        {
            return;
        }

        if (_copied)
        {
            _copied = false;
            writer.Checkpoint();
            _pagesBefore = writer.PagesWritten;
        }
        else if (writer.PagesWritten - _pagesBefore >= Pages)
        {
            _copied = true;
            _copying = Task.Run(Copy);
        }
    }

    public void Dispose()
    {
        _copying.Wait(); // It waits for nobody but to open a file; and if the pool is busy, it runs right here.
        _connection?.Dispose();
    }

    private void Copy()
    {
        try
        {
            _connection ??= factory.OpenReader();
            _connection.Checkpoint();
        }
        catch (StoreException)
        {
            // Whatever keeps the file from being opened meets the writer as well, which has somebody to tell.
        }
    }
}
