using System.Data;
using System.Data.Common;
using Hydra.Relational.Errors;
using Hydra.Relational.Reading;

namespace Hydra.Relational.Beating;

/// <summary>Beats on the caller's own thread, over a connection that nobody else uses.</summary>
/// <remarks>
/// Nothing here needs the thread pool or the connection pool, so that user code which exhausts either cannot make a
/// living worker look dead. A connection that broke since the last beat is replaced at once: a beat may be repeated.
/// The lease is extended first, by itself. What the session owns is looked up afterwards, within a second: under
/// somebody's old snapshot an index keeps all that the session has ever owned, and a look at everything may take for
/// ever. A dear one is made seldom, so that it takes a tenth of the time at most; in between only what runs is looked
/// up, row by row. A look that fails costs no beat.
/// </remarks>
internal abstract class HeartbeatConnection(DatabaseClock clock, Rows rows, StoreErrors errors) : IDisposable
{
    /// <summary>How long an extension may take: well below the shortest sensible claim timeout.</summary>
    protected const int Seconds = 4;

    /// <summary>How long a look may take on the server, in milliseconds. The client waits a second longer.</summary>
    protected const int LookMilliseconds = 1000;

    private readonly Lock _lock = new(); // Held over a whole beat, which may hang; guards what follows.
    private readonly LookPause _pause = new(clock.Time);
    private DbConnection? _connection;
    private SessionId _paused; // For which everything is looked up again only when the pause is over.
    private volatile bool _disposed;

    /// <returns>A task that has ended: nobody may have a thread for what follows it.</returns>
    public Task<HeartbeatAnswer> BeatAsync(SessionId session, IReadOnlyCollection<ExecutionId> running)
    {
        try
        {
            return Task.FromResult(Beat(session, running));
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

    /// <summary>Makes what extends the lease and answers the time and whether the session is there, one row.</summary>
    protected abstract DbBatch CreateBeat(DbConnection connection, SessionId session);

    /// <summary>Makes what answers which of some executions a session owns, or of all where those are null.</summary>
    protected abstract DbBatch CreateLook(
        DbConnection connection, SessionId session, IReadOnlyCollection<ExecutionId>? running);

    /// <summary>Passes over what settings that come first have answered.</summary>
    protected virtual void PassSettings(DbDataReader reader)
    {
    }

    private HeartbeatAnswer Beat(SessionId session, IReadOnlyCollection<ExecutionId> running)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var (now, there) = Extend(session);
            if (!there)
            {
                return new HeartbeatAnswer(now, Lost: true, []);
            }

            var (owned, look) = Look(session, running);
            return new HeartbeatAnswer(now, Lost: false, owned) { Look = look };
        }
    }

    private (Instant Now, bool There) Extend(SessionId session)
    {
        var reused = _connection is not null;
        try
        {
            return Extend(session, _connection ??= Open());
        }
        catch (Exception) when (reused && _connection!.State is not ConnectionState.Open)
        {
            Drop();
            return Extend(session, _connection = Open());
        }
    }

    private (Instant Now, bool There) Extend(SessionId session, DbConnection connection)
    {
        using var batch = CreateBeat(connection, session);
        batch.Timeout = Seconds;
        using var reader = batch.ExecuteReader();
        PassSettings(reader);
        reader.Read();
        var answer = (clock.Observe(reader.GetInt64(0)), reader.GetBoolean(1));
        reader.NextResult();
        return answer;
    }

    private (IReadOnlyList<OwnedExecution> Owned, BeatLook Look) Look(
        SessionId session, IReadOnlyCollection<ExecutionId> running)
    {
        if (session != _paused)
        {
            _paused = session;
            _pause.Forget();
        }

        if (_pause.IsOver)
        {
            var begun = clock.Time.GetTimestamp();
            var owned = TryLook(session, null);
            _pause.Note(begun, owned is not null);
            if (owned is not null)
            {
                return (owned, BeatLook.Everything);
            }
        }

        return running.Count == 0 ? ([], BeatLook.Running)
            : TryLook(session, running) is { } some ? (some, BeatLook.Running)
            : ([], BeatLook.Nothing);
    }

    private List<OwnedExecution>? TryLook(SessionId session, IReadOnlyCollection<ExecutionId>? running)
    {
        if (_connection is not { State: ConnectionState.Open } connection)
        {
            return null; // The next beat opens another one: this one is to be answered.
        }

        try
        {
            using var batch = CreateLook(connection, session, running);
            batch.Timeout = (LookMilliseconds / 1000) + 1;
            using var reader = batch.ExecuteReader();
            PassSettings(reader);
            var owned = new List<OwnedExecution>();
            while (reader.Read())
            {
                owned.Add(rows.Owned(reader));
            }

            reader.NextResult();
            return owned;
        }
        catch (Exception exception) when (errors.Knows(exception))
        {
            return null;
        }
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
