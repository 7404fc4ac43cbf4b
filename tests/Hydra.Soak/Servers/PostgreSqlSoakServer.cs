using System.Data.Common;
using Hydra.Tests.Servers;
using Npgsql;

namespace Hydra.Soak.Servers;

internal sealed class PostgreSqlSoakServer()
    : SoakServer("PostgreSQL", "postgresql.sh", static server => new PostgreSqlProxy(server))
{
    public override DbConnection Connect() => New();

    public override async Task TerminateConnectionsAsync()
    {
        await using var connection = New();
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var terminate = new NpgsqlCommand(
            """
            SELECT pg_terminate_backend(pid)
            FROM pg_stat_activity
            WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
            """,
            connection);
        await terminate.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    private NpgsqlConnection New() => new(
        new NpgsqlConnectionStringBuilder(ConnectionString) { Pooling = false }.ConnectionString);
}
