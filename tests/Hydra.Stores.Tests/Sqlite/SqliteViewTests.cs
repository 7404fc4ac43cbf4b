using System.Globalization;
using Hydra.Sqlite;
using Hydra.Storage;
using Microsoft.Data.Sqlite;

namespace Hydra.Stores.Tests;

public sealed class SqliteViewTests : ViewTests
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hydra-view-").FullName;

    private string File => Path.Combine(_folder, "hydra.db");

    private protected override IWorkflowStore Open() =>
        new SqliteWorkflowStore(new SqliteStoreOptions { Path = File }, "tests", TimeProvider.System);

    private protected override Task DropAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return Task.CompletedTask;
    }

    private protected override string View(string name) => $"hydra_{name}";

    private protected override string AddCrashes => """
        INSERT INTO hydra_crashes (execution, epoch, session, worker, at)
        SELECT number, 9, 9, 'w9', 1 FROM hydra_executions
        """;

    private protected override async Task ExecuteAsync(string statement)
    {
        await using var connection = new SqliteConnection($"Data Source={File};Pooling=False");
        await connection.OpenAsync(Token);
        await using var command = connection.CreateCommand();
        command.CommandText = statement;
        await command.ExecuteNonQueryAsync(Token);
    }

    private protected override async Task<Dictionary<string, string?>> LookAsync(string view, string condition)
    {
        await using var connection = new SqliteConnection($"Data Source={File};Pooling=False;Mode=ReadOnly");
        await connection.OpenAsync(Token);
        await using var command = connection.CreateCommand();
        command.CommandText = $"SELECT * FROM {view} WHERE {condition}";
        await using var reader = await command.ExecuteReaderAsync(Token);
        Assert.True(await reader.ReadAsync(Token));
        return Enumerable.Range(0, reader.FieldCount).ToDictionary(
            reader.GetName,
            column => reader.IsDBNull(column)
                ? null
                : Convert.ToString(reader.GetValue(column), CultureInfo.InvariantCulture));
    }
}
