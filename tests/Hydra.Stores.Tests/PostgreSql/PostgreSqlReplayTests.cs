namespace Hydra.Stores.Tests;

public sealed class PostgreSqlReplayTests : ReplayTests
{
    private readonly string _schema = $"t{Guid.NewGuid().ToString("N")[..16]}";

    protected override void Use(HydraBuilder hydra) =>
        hydra.UsePostgreSql(PostgreSqlServer.ConnectionString, options => options with { Schema = _schema });

    protected override Task DropAsync() => PostgreSqlServer.ExecuteAsync($"DROP SCHEMA {_schema} CASCADE");
}
