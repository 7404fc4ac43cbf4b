using System.Data.Common;
using Hydra.MySql;
using Hydra.Storage;
using MySqlConnector;

namespace Hydra.Stores.Tests;

/// <summary>Stores that send MariaDB each statement by itself, as MySQL gets them.</summary>
public sealed class SeparateMySqlHarness(bool isNew) : ServerHarness(isNew)
{
    private static readonly SharedPlaces Prefixes = new(
        static _ => Task.CompletedTask, MySqlTables.ClearAsync, MySqlTables.DropAsync);

    public SeparateMySqlHarness() : this(isNew: false)
    {
    }

    public override int ModelRuns => 4; // What they play is no different from what the others do.

    private protected override SharedPlaces Places => Prefixes;

    public override string CommandFor(string caseName) =>
        CaseRows.CommandFor<SeparateMySqlConformanceTests>(caseName);

    public override StoreHarness CreateEmpty() => new SeparateMySqlHarness();

    public override StoreHarness CreateAnother() => new SeparateMySqlHarness(isNew: true);

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
        new MySqlStoreOptions { TablePrefix = place, LockTimeout = LockTimeout, JoinStatements = false },
        @namespace,
        Clock);
}
