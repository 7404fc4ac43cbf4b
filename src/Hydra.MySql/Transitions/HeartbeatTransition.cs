using System.Data.Common;
using Hydra.MySql.Connections;
using Hydra.MySql.Sql;
using Hydra.Relational.Beating;
using MySqlConnector;

namespace Hydra.MySql.Transitions;

/// <summary>Extends a session's lease and answers what it owns, in one round trip.</summary>
internal sealed class HeartbeatTransition(Database database)
    : HeartbeatConnection(database.Clock, Database.Rows, database.Errors)
{
    protected override DbConnection Open() => database.OpenAlone();

    protected override DbBatch CreateBatch(DbConnection connection, SessionId session)
    {
        var batch = new MySqlBatch((MySqlConnection)connection);
        batch.BatchCommands.Add(new MySqlBatchCommand(MySqlSql.SetNow)
            .Bind("@floor", database.Clock.Floor).Bind("@fixed", database.Clock.Fixed));
        batch.BatchCommands.Add(new MySqlBatchCommand(database.Sql.Beat)
            .Bind("@namespace", database.Namespace).Bind("@session", session.Value));
        batch.BatchCommands.Add(new MySqlBatchCommand(MySqlSql.ReadBeat));
        batch.BatchCommands.Add(new MySqlBatchCommand(database.Sql.ReadOwned)
            .Bind("@namespace", database.Namespace).Bind("@session", session.Value));
        return batch;
    }
}
