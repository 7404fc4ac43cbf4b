using System.Globalization;
using Hydra.PostgreSql;
using Hydra.Storage;
using Npgsql;

namespace Hydra.Stores.Tests;

public sealed class PostgreSqlViewTests : ViewTests
{
    private readonly string _schema = $"t_{Guid.NewGuid():N}";

    private protected override IWorkflowStore Open() => new PostgreSqlWorkflowStore(
        PostgreSqlServer.ConnectionString, new PostgreSqlStoreOptions { Schema = _schema, Listen = false }, "tests");

    private protected override Task DropAsync() => PostgreSqlServer.ExecuteAsync($"DROP SCHEMA {_schema} CASCADE");

    private protected override string View(string name) => $"{_schema}.{name}";

    private protected override Task ExecuteAsync(string statement) => PostgreSqlServer.ExecuteAsync(statement);

    private protected override async Task<Dictionary<string, string?>> LookAsync(string view, string condition)
    {
        await using var connection = new NpgsqlConnection(PostgreSqlServer.ConnectionString);
        await connection.OpenAsync(Token);
        await using var command = new NpgsqlCommand($"SELECT * FROM {view} WHERE {condition}", connection);
        await using var reader = await command.ExecuteReaderAsync(Token);
        Assert.True(await reader.ReadAsync(Token));
        return Enumerable.Range(0, reader.FieldCount).ToDictionary(
            reader.GetName,
            column => reader.IsDBNull(column)
                ? null
                : Convert.ToString(reader.GetValue(column), CultureInfo.InvariantCulture));
    }
}
