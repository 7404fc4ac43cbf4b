using System.Data.Common;
using Hydra.PostgreSql;
using Hydra.Storage;
using Npgsql;

namespace Hydra.Stores.Tests;

/// <summary>Stores that share one schema of the tests' server.</summary>
public sealed class PostgreSqlHarness : StoreHarness
{
    private readonly string _schema = $"t_{Guid.NewGuid():N}";

    public override int ModelRuns => 25; // Each opens a schema, and each call is a round trip or three.

    public override string CommandFor(string caseName) => CaseRows.CommandFor<PostgreSqlConformanceTests>(caseName);

    public override StoreHarness CreateAnother() => new PostgreSqlHarness();

    public override async Task<DbConnection?> OpenConnectionAsync()
    {
        var connection = new NpgsqlConnection(PostgreSqlServer.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    protected override Task<IWorkflowStore> CreateStoreAsync(string @namespace) =>
        Task.FromResult<IWorkflowStore>(new PostgreSqlWorkflowStore(
            null,
            PostgreSqlServer.ConnectionString,
            new PostgreSqlStoreOptions { Schema = _schema },
            @namespace,
            Clock));

    protected override async Task DropAsync()
    {
        await using var connection = new NpgsqlConnection(PostgreSqlServer.ConnectionString);
        await connection.OpenAsync();
        await using var drop = new NpgsqlCommand($"DROP SCHEMA IF EXISTS {_schema} CASCADE", connection);
        await drop.ExecuteNonQueryAsync();
    }
}
