using System.Data.Common;
using Hydra.MySql.Connections;
using Hydra.MySql.Sql;
using Hydra.Relational.Beating;
using MySqlConnector;

namespace Hydra.MySql.Transitions;

/// <summary>Extends a session's lease, and then answers what it owns. Each statement is committed by itself.</summary>
internal sealed class HeartbeatTransition(Database database)
    : HeartbeatConnection(database.Clock, Database.Rows, database.Errors)
{
    protected override DbConnection Open() => database.OpenAlone();

    protected override DbBatch CreateBeat(DbConnection connection, SessionId session)
    {
        var batch = new MySqlBatch((MySqlConnection)connection);
        batch.BatchCommands.Add(new MySqlBatchCommand(MySqlSql.SetNow)
            .Bind("@floor", database.Clock.Floor).Bind("@fixed", database.Clock.Fixed));
        batch.BatchCommands.Add(new MySqlBatchCommand(database.Sql.Beat)
            .Bind("@namespace", database.Namespace).Bind("@session", session.Value));
        batch.BatchCommands.Add(new MySqlBatchCommand(MySqlSql.ReadBeat));
        return batch;
    }

    protected override DbBatch CreateLook(
        DbConnection connection, SessionId session, IReadOnlyCollection<ExecutionId>? running)
    {
        var look = new MySqlBatchCommand(running is null ? database.Sql.ReadOwned : database.Sql.ReadOwnedOf)
            .Bind("@namespace", database.Namespace).Bind("@session", session.Value);
        var batch = new MySqlBatch((MySqlConnection)connection);
        batch.BatchCommands.Add(
            running is null ? look : look.Bind("@rows", JsonRows.Of([.. running], static id => id)));
        return batch;
    }
}
