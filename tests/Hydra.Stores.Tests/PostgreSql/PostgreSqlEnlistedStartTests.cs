using System.Data.Common;
using Npgsql;

namespace Hydra.Stores.Tests;

public sealed class PostgreSqlEnlistedStartTests : EnlistedStartTests
{
    private readonly string _schema = $"t_{Guid.NewGuid():N}";

    protected override Type ExpectedType => typeof(NpgsqlTransaction);

    protected override void Use(HydraBuilder hydra) =>
        hydra.UsePostgreSql(PostgreSqlServer.ConnectionString, options => options with { Schema = _schema });

    protected override Task<DbConnection> ConnectAsync() => ConnectAsync(PostgreSqlServer.ConnectionString);

    /// <remarks>Nobody can create a database while a pool keeps a connection to this one.</remarks>
    protected override Task<DbConnection> ConnectElsewhereAsync() => ConnectAsync(
        new NpgsqlConnectionStringBuilder(PostgreSqlServer.ConnectionString)
        {
            Database = "template1",
            Pooling = false,
        }.ConnectionString);

    protected override Task DropAsync() => PostgreSqlServer.ExecuteAsync($"DROP SCHEMA {_schema} CASCADE");

    private static async Task<DbConnection> ConnectAsync(string connectionString)
    {
        var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        return connection;
    }
}
