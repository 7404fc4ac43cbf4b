using Hydra.Sqlite;
using Microsoft.Data.Sqlite;

namespace Hydra.Stores.Tests;

public sealed class SqliteUpgradeTests : UpgradeTests
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hydra-upgrade-").FullName;

    private string File => Path.Combine(_folder, "hydra.db");

    protected override async Task CreateFirstAsync()
    {
        await ExecuteAsync("PRAGMA journal_mode = wal");
        await ExecuteAsync(FirstScript(typeof(SqliteWorkflowStore).Assembly));
        await ExecuteAsync("""
            CREATE TABLE hydra_schema (
              version INTEGER PRIMARY KEY, min_library INTEGER NOT NULL, applied_at INTEGER NOT NULL) STRICT;
            INSERT INTO hydra_schema VALUES (1, 1, 1767225600000000);
            """);
    }

    protected override async Task ExecuteAsync(string statement)
    {
        await using var connection = new SqliteConnection($"Data Source={File};Pooling=False");
        await connection.OpenAsync(Token);
        await using var command = new SqliteCommand(statement, connection);
        await command.ExecuteNonQueryAsync(Token);
    }

    protected override void Use(HydraBuilder hydra) => hydra.UseSqlite(File);

    protected override Task DropAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return Task.CompletedTask;
    }

    protected override string Table(string name) => $"hydra_{name}";

    private protected override Dictionary<string, string> IdOf(Guid id, int number) =>
        new() { ["number"] = $"{number}", ["id"] = $"X'{id:N}'", ["owner"] = "0" };

    private protected override Dictionary<string, string> KeyOf(Guid id, int number) =>
        new() { ["execution"] = $"{number}" };

    private protected override Dictionary<string, string> SessionExtras => new() { ["workflows"] = """'["order"]'""" };
}
