using System.Data.Common;
using Hydra.PostgreSql;
using Hydra.Storage;
using Npgsql;

namespace Hydra.Stores.Tests;

public sealed class PostgreSqlHarness(bool isNew) : ServerHarness(isNew)
{
    private static readonly SharedPlaces Schemas = PostgreSqlPlaces.Create();

    public PostgreSqlHarness() : this(isNew: false)
    {
    }

    public override int ModelRuns => 25; // Each call is a round trip or three.

    private protected override SharedPlaces Places => Schemas;

    public override string CommandFor(string caseName) => CaseRows.CommandFor<PostgreSqlConformanceTests>(caseName);

    public override StoreHarness CreateEmpty() => new PostgreSqlHarness();

    public override StoreHarness CreateAnother() => new PostgreSqlHarness(isNew: true);

    public override async Task<DbConnection?> OpenConnectionAsync()
    {
        var connection = new NpgsqlConnection(PostgreSqlServer.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    protected override IWorkflowStore CreateStore(string place, string @namespace) => new PostgreSqlWorkflowStore(
        null,
        PostgreSqlServer.ConnectionString,
        new PostgreSqlStoreOptions { Schema = place, LockTimeout = LockTimeout },
        @namespace,
        Clock);
}
