using System.Data.Common;
using Hydra.PostgreSql;
using Hydra.Storage;
using Npgsql;

namespace Hydra.Stores.Tests;

/// <summary>Stores that use neither SKIP LOCKED nor LISTEN nor prepared statements.</summary>
public sealed class PlainPostgreSqlHarness(bool isNew) : ServerHarness(isNew)
{
    private static readonly SharedPlaces Schemas = PostgreSqlPlaces.Create();

    public PlainPostgreSqlHarness() : this(isNew: false)
    {
    }

    public override int ModelRuns => 4; // What they play is no different from what the others do.

    private protected override SharedPlaces Places => Schemas;

    public override string CommandFor(string caseName) =>
        CaseRows.CommandFor<PlainPostgreSqlConformanceTests>(caseName);

    public override StoreHarness CreateAnother() => new PlainPostgreSqlHarness(isNew: true);

    public override async Task<DbConnection?> OpenConnectionAsync()
    {
        var connection = new NpgsqlConnection(PostgreSqlServer.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    protected override IWorkflowStore CreateStore(string place, string @namespace) => new PostgreSqlWorkflowStore(
        null,
        PostgreSqlServer.ConnectionString,
        new PostgreSqlStoreOptions
        {
            Schema = place,
            LockTimeout = LockTimeout,
            SkipLockedRows = false,
            Listen = false,
            PrepareStatements = false,
        },
        @namespace,
        Clock);
}
