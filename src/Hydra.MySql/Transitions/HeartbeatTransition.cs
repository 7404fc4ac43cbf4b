using Hydra.MySql.Connections;
using Hydra.MySql.Sql;
using Hydra.Relational.Errors;
using MySqlConnector;

namespace Hydra.MySql.Transitions;

/// <summary>Beats on the caller's own thread, over a connection that nobody else uses.</summary>
/// <remarks>
/// Nothing here needs the thread pool or the connection pool, so that user code which exhausts either cannot make a
/// living worker look dead. A connection that broke since the last beat is replaced at once: a beat may be repeated.
/// </remarks>
internal sealed class HeartbeatTransition(Database database) : IDisposable
{
    private const int Seconds = 4; // Well below the shortest sensible claim timeout.

    private readonly Lock _lock = new();
    private MySqlConnection? _connection;
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

    private bool IsBroken => _connection!.State is not System.Data.ConnectionState.Open;

    private HeartbeatAnswer Beat(SessionId session, MySqlConnection connection)
    {
        using var batch = new MySqlBatch(connection) { Timeout = Seconds };
        batch.BatchCommands.Add(new MySqlBatchCommand(MySqlSql.SetNow)
            .Bind("@floor", database.Clock.Floor).Bind("@fixed", database.Clock.Fixed));
        batch.BatchCommands.Add(new MySqlBatchCommand(database.Sql.Beat)
            .Bind("@namespace", database.Namespace).Bind("@session", session.Value));
        batch.BatchCommands.Add(new MySqlBatchCommand(MySqlSql.ReadBeat));
        batch.BatchCommands.Add(new MySqlBatchCommand(database.Sql.ReadOwned)
            .Bind("@namespace", database.Namespace).Bind("@session", session.Value));
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
