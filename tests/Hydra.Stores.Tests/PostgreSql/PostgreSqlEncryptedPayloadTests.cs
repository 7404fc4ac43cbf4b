using System.Data.Common;
using Hydra.PostgreSql;
using Hydra.Storage;

namespace Hydra.Stores.Tests;

public sealed class PostgreSqlEncryptedPayloadTests : EncryptedPayloadTests
{
    private readonly string _schema = $"t_{Guid.NewGuid():N}";

    protected override void Use(HydraBuilder hydra) => hydra.UsePostgreSql(
        PostgreSqlServer.ConnectionString, options => options with { Schema = _schema });

    protected override IWorkflowStore OpenStore() => new PostgreSqlWorkflowStore(
        PostgreSqlServer.ConnectionString, new PostgreSqlStoreOptions { Schema = _schema, Listen = false }, "default");

    protected override string Table(string name) => $"{_schema}.{name}";

    protected override async Task<DbConnection> ConnectAsync() => await PostgreSqlServer.ConnectAsync();

    protected override Task DropAsync() => PostgreSqlServer.ExecuteAsync($"DROP SCHEMA {_schema} CASCADE");
}
