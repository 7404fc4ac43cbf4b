using System.Data.Common;
using Hydra.PostgreSql.Connections;
using Hydra.Relational.Beating;
using Npgsql;

namespace Hydra.PostgreSql.Transitions;

/// <summary>Extends a session's lease and answers what it owns, in one round trip.</summary>
internal sealed class HeartbeatTransition(Database database)
    : HeartbeatConnection(database.Clock, Database.Rows, database.Errors)
{
    protected override DbConnection Open() => database.OpenAlone();

    protected override DbBatch CreateBatch(DbConnection connection, SessionId session)
    {
        var batch = new NpgsqlBatch((NpgsqlConnection)connection);
        batch.BatchCommands.Add(new NpgsqlBatchCommand(database.Sql.Beat)
            .Bind(database.Namespace)
            .Bind(database.Clock.Floor)
            .Bind(database.Clock.Fixed)
            .Bind(session.Value));
        batch.BatchCommands.Add(new NpgsqlBatchCommand(database.Sql.ReadOwned)
            .Bind(database.Namespace)
            .Bind(session.Value));
        return batch;
    }
}
