using System.Data.Common;
using Hydra.MySql;
using Hydra.Storage;
using MySqlConnector;

namespace Hydra.Stores.Tests;

/// <summary>Stores that share the tables of one prefix on the tests' server.</summary>
public sealed class MySqlHarness : StoreHarness
{
    private readonly string _prefix = $"t{Guid.NewGuid().ToString("N")[..16]}_";

    public override int ModelRuns => 25; // Each makes tables, and each call is a round trip or three.

    public override string CommandFor(string caseName) => CaseRows.CommandFor<MySqlConformanceTests>(caseName);

    public override StoreHarness CreateAnother() => new MySqlHarness();

    public override async Task<DbConnection?> OpenConnectionAsync()
    {
        var connection = new MySqlConnection(
            new MySqlConnectionStringBuilder(MySqlServer.ConnectionString) { AllowUserVariables = true }
                .ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    protected override Task<IWorkflowStore> CreateStoreAsync(string @namespace) =>
        Task.FromResult<IWorkflowStore>(new MySqlWorkflowStore(
            MySqlServer.ConnectionString, new MySqlStoreOptions { TablePrefix = _prefix }, @namespace, Clock));

    protected override Task DropAsync() => MySqlTables.DropAsync(_prefix);
}
