using Hydra.PostgreSql;

namespace Hydra.Stores.Tests;

public sealed class PostgreSqlUpgradeTests : UpgradeTests
{
    private readonly string _schema = $"t_{Guid.NewGuid():N}";

    protected override async Task CreateFirstAsync()
    {
        var first = FirstScript(typeof(PostgreSqlWorkflowStore).Assembly);
        await ExecuteAsync($"CREATE SCHEMA {_schema}");
        await ExecuteAsync(first.Replace("{schema}", _schema, StringComparison.Ordinal));
        await ExecuteAsync($"""
            CREATE TABLE {_schema}.schema_versions (
              version integer NOT NULL PRIMARY KEY, min_library integer NOT NULL, applied_at bigint NOT NULL);
            INSERT INTO {_schema}.schema_versions VALUES (0, 0, 0), (1, 1, 1767225600000000);
            """);
    }

    protected override Task ExecuteAsync(string statement) => PostgreSqlServer.ExecuteAsync(statement);

    protected override void Use(HydraBuilder hydra) => hydra.UsePostgreSql(
        PostgreSqlServer.ConnectionString, options => options with { Schema = _schema });

    protected override Task DropAsync() => PostgreSqlServer.ExecuteAsync($"DROP SCHEMA {_schema} CASCADE");

    protected override string Table(string name) => $"{_schema}.{name}";

    protected override string Bytes(string hex) => $"'\\x{hex}'::bytea";

    protected override string Truth(bool value) => value ? "true" : "false";

    private protected override Dictionary<string, string> IdOf(Guid id, int number) =>
        new() { ["shard"] = $"{number}", ["id"] = $"'{id}'", ["owner"] = "0" };

    private protected override Dictionary<string, string> KeyOf(Guid id, int number) =>
        new() { ["shard"] = $"{number}", ["namespace"] = "'default'", ["execution"] = $"'{id}'" };

    private protected override Dictionary<string, string> SessionExtras => new() { ["workflows"] = "'{order}'" };
}
