using System.Data;
using System.Data.Common;
using Hydra.Relational.Errors;
using Hydra.Relational.Reading;

namespace Hydra.Relational.Beating;

/// <summary>Beats on the caller's own thread, over a connection that nobody else uses.</summary>
/// <remarks>
/// Nothing here needs the thread pool or the connection pool, so that user code which exhausts either cannot make a
/// living worker look dead. A connection that broke since the last beat is replaced at once: a beat may be repeated.
/// </remarks>
internal abstract class HeartbeatConnection(DatabaseClock clock, Rows rows, StoreErrors errors) : IDisposable
{
    private const int Seconds = 4; // Well below the shortest sensible claim timeout.

    private readonly Lock _lock = new(); // Held over a whole beat, which may hang; guards the connection.
    private DbConnection? _connection;
    private volatile bool _disposed;

    /// <returns>A task that has ended: nobody may have a thread for what follows it.</returns>
    public Task<HeartbeatAnswer> BeatAsync(SessionId session)
    {
        try
        {
            return Task.FromResult(Beat(session));
        }
        catch (Exception exception)
        {
            return Task.FromException<HeartbeatAnswer>(Explain(exception));
        }
        finally
        {
            CloseIfDisposed();
        }
    }

    /// <summary>Waits for no beat: one that is under way closes the connection when it has ended.</summary>
    public void Dispose()
    {
        _disposed = true;
        CloseIfDisposed();
    }

    /// <summary>Opens a connection outside of any pool.</summary>
    protected abstract DbConnection Open();

    /// <summary>
    /// Makes what answers the time and whether the session is still there, one row, and then what it owns.
    /// </summary>
    protected abstract DbBatch CreateBatch(DbConnection connection, SessionId session);

    private HeartbeatAnswer Beat(SessionId session)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var reused = _connection is not null;
            try
            {
                return Beat(session, _connection ??= Open());
            }
            catch (Exception) when (reused && _connection!.State is not ConnectionState.Open)
            {
                Drop();
                return Beat(session, _connection = Open());
            }
        }
    }

    private HeartbeatAnswer Beat(SessionId session, DbConnection connection)
    {
        using var batch = CreateBatch(connection, session);
        batch.Timeout = Seconds;
        using var reader = batch.ExecuteReader();
        reader.Read();
        var (now, there) = (clock.Observe(reader.GetInt64(0)), reader.GetBoolean(1));
        reader.NextResult();
        var owned = new List<OwnedExecution>();
        while (reader.Read())
        {
            owned.Add(rows.Owned(reader));
        }

        reader.NextResult();
        return new HeartbeatAnswer(now, !there, there ? owned : []);
    }

    /// <summary>Says of a failed beat what is known, and has the next one open a new connection.</summary>
    private Exception Explain(Exception exception)
    {
        lock (_lock)
        {
            var effect = _connection is null ? Effect.None : Effect.Unknown;
            Drop();
            return errors.Knows(exception) ? errors.Translate(exception, effect) : exception;
        }
    }

    /// <summary>Called by whoever disposes and behind every beat: the later of the two finds the lock free.</summary>
    private void CloseIfDisposed()
    {
        Interlocked.MemoryBarrier(); // What was done before is seen by the other before this looks at what it did.
        if (_disposed && _lock.TryEnter())
        {
            try
            {
                Drop();
            }
            finally
            {
                _lock.Exit();
            }
        }
    }

    private void Drop()
    {
        _connection?.Dispose();
        _connection = null;
    }
}
