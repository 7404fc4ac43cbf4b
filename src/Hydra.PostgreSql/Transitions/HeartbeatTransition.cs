using System.Data.Common;
using Hydra.PostgreSql.Connections;
using Hydra.PostgreSql.Sql;
using Hydra.Relational.Beating;
using Npgsql;

namespace Hydra.PostgreSql.Transitions;

/// <summary>Extends a session's lease, and then answers what it owns.</summary>
/// <remarks>
/// Each is a transaction of its own: what is sent together ends together, and the settings with it. What writes says
/// how it is isolated, as everywhere: two serializable beats at once might not both succeed.
/// </remarks>
internal sealed class HeartbeatTransition(Database database)
    : HeartbeatConnection(database.Clock, Database.Rows, database.Errors)
{
    private static readonly string BeatLimit = Database.Milliseconds(TimeSpan.FromSeconds(Seconds));
    private static readonly string LookLimit = Database.Milliseconds(TimeSpan.FromMilliseconds(LookMilliseconds));

    protected override DbConnection Open() => database.OpenAlone();

    protected override DbBatch CreateBeat(DbConnection connection, SessionId session)
    {
        var batch = CreateBatch(connection, BeatLimit);
        batch.BatchCommands.Insert(0, new NpgsqlBatchCommand(PostgreSqlSql.Begin));
        batch.BatchCommands.Add(new NpgsqlBatchCommand(database.Sql.Beat)
            .Bind(database.Namespace)
            .Bind(database.Clock.Floor)
            .Bind(database.Clock.Fixed)
            .Bind(session.Value));
        batch.BatchCommands.Add(new NpgsqlBatchCommand(PostgreSqlSql.Commit));
        return batch;
    }

    protected override DbBatch CreateLook(
        DbConnection connection, SessionId session, IReadOnlyCollection<ExecutionId>? running)
    {
        var batch = CreateBatch(connection, LookLimit);
        var look = new NpgsqlBatchCommand(running is null ? database.Sql.ReadOwned : database.Sql.ReadOwnedOf)
            .Bind(database.Namespace)
            .Bind(session.Value);
        batch.BatchCommands.Add(running is null ? look : look.BindIds([.. running], static id => id));
        return batch;
    }

    protected override void PassSettings(DbDataReader reader) => reader.NextResult();

    private static NpgsqlBatch CreateBatch(DbConnection connection, string limit)
    {
        var batch = new NpgsqlBatch((NpgsqlConnection)connection);
        batch.BatchCommands.Add(new NpgsqlBatchCommand(PostgreSqlSql.LimitStatements).Bind(limit));
        return batch;
    }
}
