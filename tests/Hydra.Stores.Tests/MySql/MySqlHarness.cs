using System.Data.Common;
using Hydra.MySql;
using Hydra.Storage;
using MySqlConnector;

namespace Hydra.Stores.Tests;

public sealed class MySqlHarness(bool isNew) : ServerHarness(isNew)
{
    private static readonly SharedPlaces Prefixes = new(
        static _ => Task.CompletedTask, MySqlTables.ClearAsync, MySqlTables.DropAsync);

    public MySqlHarness() : this(isNew: false)
    {
    }

    public override int ModelRuns => 25; // Each call is a round trip or three.

    private protected override SharedPlaces Places => Prefixes;

    public override string CommandFor(string caseName) => CaseRows.CommandFor<MySqlConformanceTests>(caseName);

    public override StoreHarness CreateEmpty() => new MySqlHarness();

    public override StoreHarness CreateAnother() => new MySqlHarness(isNew: true);

    public override async Task<DbConnection?> OpenConnectionAsync()
    {
        var connection = new MySqlConnection(
            new MySqlConnectionStringBuilder(MySqlServer.ConnectionString) { AllowUserVariables = true }
                .ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    protected override IWorkflowStore CreateStore(string place, string @namespace) => new MySqlWorkflowStore(
        MySqlServer.ConnectionString,
        new MySqlStoreOptions { TablePrefix = place, LockTimeout = LockTimeout },
        @namespace,
        Clock);
}
