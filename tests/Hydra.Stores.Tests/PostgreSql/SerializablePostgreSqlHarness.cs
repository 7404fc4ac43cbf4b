using System.Data.Common;
using Hydra.PostgreSql;
using Hydra.Storage;
using Npgsql;

namespace Hydra.Stores.Tests;

/// <summary>Stores whose transactions are serializable unless they say otherwise.</summary>
public sealed class SerializablePostgreSqlHarness(bool isNew) : ServerHarness(isNew)
{
    private static readonly SharedPlaces Schemas = PostgreSqlPlaces.Create();

    public SerializablePostgreSqlHarness() : this(isNew: false)
    {
    }

    public override int ModelRuns => 4; // What they play is no different from what the others do.

    private static string ConnectionString => new NpgsqlConnectionStringBuilder(PostgreSqlServer.ConnectionString)
    {
        Options = "-c default_transaction_isolation=serializable",
    }.ConnectionString;

    private protected override SharedPlaces Places => Schemas;

    public override string CommandFor(string caseName) =>
        CaseRows.CommandFor<PostgreSqlSerializableTests>(caseName);

    public override StoreHarness CreateEmpty() => new SerializablePostgreSqlHarness();

    public override StoreHarness CreateAnother() => new SerializablePostgreSqlHarness(isNew: true);

    public override async Task<DbConnection?> OpenConnectionAsync()
    {
        var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    protected override IWorkflowStore CreateStore(string place, string @namespace) => new PostgreSqlWorkflowStore(
        null,
        ConnectionString,
        new PostgreSqlStoreOptions { Schema = place, LockTimeout = LockTimeout },
        @namespace,
        Clock);
}
