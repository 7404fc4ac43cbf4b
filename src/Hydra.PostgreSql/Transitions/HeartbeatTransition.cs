using Hydra.PostgreSql.Connections;
using Hydra.Relational.Errors;
using Npgsql;

namespace Hydra.PostgreSql.Transitions;

/// <summary>Beats on the caller's own thread, over a connection that nobody else uses.</summary>
/// <remarks>
/// Nothing here needs the thread pool or the connection pool, so that user code which exhausts either cannot make a
/// living worker look dead. A connection that broke since the last beat is replaced at once: a beat may be repeated.
/// </remarks>
internal sealed class HeartbeatTransition(Database database) : IDisposable
{
    private const int Seconds = 4; // Well below the shortest sensible claim timeout.

    private readonly Lock _lock = new();
    private NpgsqlConnection? _connection;
    private bool _disposed;

    public HeartbeatAnswer Beat(SessionId session)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var reused = _connection is not null;
            try
            {
                return Beat(session, _connection ??= database.OpenAlone());
            }
            catch (Exception exception) when (reused && IsBroken)
            {
                _ = exception;
                Drop();
                return Beat(session, _connection = database.OpenAlone());
            }
        }
    }

    /// <summary>Says of a failed beat what is known, and has the next one open a new connection.</summary>
    public Exception Explain(Exception exception)
    {
        lock (_lock)
        {
            var effect = _connection is null ? Effect.None : Effect.Unknown;
            Drop();
            return database.Errors.Knows(exception) ? database.Errors.Translate(exception, effect) : exception;
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            Drop();
        }
    }

    private bool IsBroken => _connection!.FullState is not System.Data.ConnectionState.Open;

    private HeartbeatAnswer Beat(SessionId session, NpgsqlConnection connection)
    {
        using var batch = new NpgsqlBatch(connection) { Timeout = Seconds };
        batch.BatchCommands.Add(new NpgsqlBatchCommand(database.Sql.Beat)
            .Bind(database.Namespace)
            .Bind(database.Clock.Floor)
            .Bind(database.Clock.Fixed)
            .Bind(session.Value));
        batch.BatchCommands.Add(new NpgsqlBatchCommand(database.Sql.ReadOwned)
            .Bind(database.Namespace)
            .Bind(session.Value));
        using var reader = batch.ExecuteReader();
        reader.Read();
        var (now, there) = (database.Clock.Observe(reader.GetInt64(0)), reader.GetBoolean(1));
        reader.NextResult();
        var owned = new List<OwnedExecution>();
        while (reader.Read())
        {
            owned.Add(Database.Rows.Owned(reader));
        }

        reader.NextResult();
        return new HeartbeatAnswer(now, !there, there ? owned : []);
    }

    private void Drop()
    {
        _connection?.Dispose();
        _connection = null;
    }
}
