using System.Data.Common;
using Hydra.PostgreSql;
using Hydra.Storage;
using Npgsql;

namespace Hydra.Stores.Tests;

/// <summary>Stores that use neither SKIP LOCKED nor LISTEN nor prepared statements.</summary>
public sealed class PlainPostgreSqlHarness : StoreHarness
{
    private readonly string _schema = $"t_{Guid.NewGuid():N}";

    public override int ModelRuns => 10;

    public override string CommandFor(string caseName) =>
        CaseRows.CommandFor<PlainPostgreSqlConformanceTests>(caseName);

    public override StoreHarness CreateAnother() => new PlainPostgreSqlHarness();

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
            new PostgreSqlStoreOptions
            {
                Schema = _schema,
                SkipLockedRows = false,
                Listen = false,
                PrepareStatements = false,
            },
            @namespace,
            Clock));

    protected override Task DropAsync() =>
        PostgreSqlServer.ExecuteAsync($"DROP SCHEMA IF EXISTS {_schema} CASCADE");
}
