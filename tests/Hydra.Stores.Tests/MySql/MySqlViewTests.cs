using System.Globalization;
using Hydra.MySql;
using Hydra.Storage;
using MySqlConnector;

namespace Hydra.Stores.Tests;

public sealed class MySqlViewTests : ViewTests
{
    private readonly string _prefix = $"t{Guid.NewGuid().ToString("N")[..16]}_";

    private protected override IWorkflowStore Open() => new MySqlWorkflowStore(
        MySqlServer.ConnectionString, new MySqlStoreOptions { TablePrefix = _prefix }, "tests");

    private protected override Task DropAsync() => MySqlTables.DropAsync(_prefix);

    private protected override string View(string name) => $"{_prefix}{name}";

    private protected override Task ExecuteAsync(string statement) => MySqlServer.ExecuteAsync(statement);

    private protected override async Task<Dictionary<string, string?>> LookAsync(string view, string condition)
    {
        await using var connection = await MySqlServer.ConnectAsync();
        await using var command = new MySqlCommand($"SELECT * FROM {view} WHERE {condition}", connection);
        await using var reader = await command.ExecuteReaderAsync(Token);
        Assert.True(await reader.ReadAsync(Token));
        return Enumerable.Range(0, reader.FieldCount).ToDictionary(
            reader.GetName,
            column => reader.IsDBNull(column)
                ? null
                : Convert.ToString(reader.GetValue(column), CultureInfo.InvariantCulture));
    }
}
