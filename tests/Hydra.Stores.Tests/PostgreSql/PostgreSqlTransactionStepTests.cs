using System.Data.Common;
using Npgsql;

namespace Hydra.Stores.Tests;

public sealed class PostgreSqlTransactionStepTests : TransactionStepTests
{
    private readonly string _schema = $"t_{Guid.NewGuid():N}";

    protected override void Use(HydraBuilder hydra) =>
        hydra.UsePostgreSql(PostgreSqlServer.ConnectionString, options => options with { Schema = _schema });

    protected override DbDataSource Own() => NpgsqlDataSource.Create(PostgreSqlServer.ConnectionString);

    /// <remarks>Nobody can create a database while a pool keeps a connection to this one.</remarks>
    protected override DbDataSource Elsewhere() => NpgsqlDataSource.Create(
        new NpgsqlConnectionStringBuilder(PostgreSqlServer.ConnectionString)
        {
            Database = "template1",
            Pooling = false,
        });

    protected override string Forget(ExecutionId id) =>
        $"UPDATE {_schema}.executions SET owner = 0, state = 0, epoch = epoch + 1 WHERE id = '{id.Value}'";

    protected override Task DropAsync() => PostgreSqlServer.ExecuteAsync($"DROP SCHEMA {_schema} CASCADE");
}
