using Hydra.MySql;
using Hydra.MySql.Migrations;

namespace Hydra.Stores.Tests;

public sealed class MySqlUpgradeTests : UpgradeTests
{
    private readonly string _prefix = $"t{Guid.NewGuid().ToString("N")[..16]}_";

    protected override async Task CreateFirstAsync()
    {
        var first = FirstScript(typeof(MySqlWorkflowStore).Assembly);
        foreach (var statement in MySqlMigrationTarget.Statements(first, _prefix))
        {
            await ExecuteAsync(statement);
        }

        await ExecuteAsync($"""
            CREATE TABLE {_prefix}schema_versions (
              version INT NOT NULL PRIMARY KEY, min_library INT NOT NULL, applied_at BIGINT NOT NULL) ENGINE = InnoDB
            """);
        await ExecuteAsync($"INSERT INTO {_prefix}schema_versions VALUES (1, 1, 1767225600000000)");
    }

    protected override Task ExecuteAsync(string statement) => MySqlServer.ExecuteAsync(statement);

    protected override void Use(HydraBuilder hydra) =>
        hydra.UseMySql(MySqlServer.ConnectionString, options => options with { TablePrefix = _prefix });

    protected override Task DropAsync() => MySqlTables.DropAsync(_prefix);

    protected override string Table(string name) => $"{_prefix}{name}";

    protected override string Quoted(string column) => $"`{column}`";

    private protected override Dictionary<string, string> IdOf(Guid id, int number) =>
        new() { ["shard"] = $"{number}", ["id"] = $"X'{id:N}'" };

    private protected override Dictionary<string, string> KeyOf(Guid id, int number) =>
        new() { ["shard"] = $"{number}", ["namespace"] = "'default'", ["execution"] = $"X'{id:N}'" };

    private protected override (string Table, Dictionary<string, string> Extras) Ended => ("outcomes", new()
    {
        ["crash_seq"] = "0",
        ["retry_epoch"] = "0",
        ["last_retry"] = "0",
        ["crashes"] = "0",
        ["barren_crashes"] = "0",
        ["sole_suspect_crashes"] = "0",
        ["backing_off"] = "0",
        ["deadline_delivered"] = "0",
    });
}
