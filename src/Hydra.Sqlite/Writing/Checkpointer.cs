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
/// <param name="open">Opens a connection to copy over.</param>
/// <param name="pages">After how many pages the log is copied; as many as 16 MiB of it have.</param>
internal sealed class Checkpointer(Func<Connection> open, int pages = 2_000) : IDisposable
{
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
        else if (writer.PagesWritten - _pagesBefore >= pages)
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
            _connection ??= open();
            _connection.Checkpoint();
        }
        catch (Exception)
        {
            // Whatever keeps the file from being opened meets the writer as well, which has somebody to tell; that
            // there is no memory just now is no reason to end the writer, which waits for this when it closes.
        }
    }
}
