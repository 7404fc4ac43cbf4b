using System.Data.Common;
using Hydra.PostgreSql;
using Hydra.Storage;
using Npgsql;

namespace Hydra.Stores.Tests;

/// <summary>Stores behind pgbouncer, each schema migrated by one role and worked on by another.</summary>
public sealed class PooledPostgreSqlHarness(bool isNew) : ServerHarness(isNew)
{
    private static readonly SharedPlaces Schemas = PostgreSqlPlaces.Create(
        MigrateAsync,
        static schema =>
            $"REVOKE ALL ON SCHEMA public FROM {schema}_worker; "
            + $"DROP ROLE {schema}_migrator, {schema}_worker, {schema}_pruner");

    public PooledPostgreSqlHarness() : this(isNew: false)
    {
    }

    // The role of the workers cannot migrate, so this is done before.
    public override bool HasSchema => false;

    public override int ModelRuns => 4; // What they play is no different from what the others do.

    private protected override SharedPlaces Places => Schemas;

    public override string CommandFor(string caseName) =>
        CaseRows.CommandFor<PooledPostgreSqlConformanceTests>(caseName);

    public override StoreHarness CreateEmpty() => new PooledPostgreSqlHarness();

    public override StoreHarness CreateAnother() => new PooledPostgreSqlHarness(isNew: true);

    public override async Task<DbConnection?> OpenConnectionAsync()
    {
        var connection = new NpgsqlConnection(ConnectionString(Place, "worker"));
        await connection.OpenAsync();
        return connection;
    }

    protected override IWorkflowStore CreateStore(string place, string @namespace) => new PostgreSqlWorkflowStore(
        null, ConnectionString(place, "worker"), Options(place), @namespace, Clock);

    private static async Task MigrateAsync(string schema)
    {
        await PostgreSqlServer.ExecuteAsync(PostgreSqlScripts.Migrator(schema));
        await using var migrator = new PostgreSqlWorkflowStore(
            ConnectionString(schema, "migrator"), Options(schema), "tests");
        await migrator.MigrateAsync();
        await PostgreSqlServer.ExecuteAsync(
            $"{PostgreSqlScripts.Worker(schema)}; {PostgreSqlScripts.Pruner(schema)}"
            + $"; GRANT {schema}_pruner TO {schema}_worker"
            + $"; GRANT CREATE ON SCHEMA public TO {schema}_worker"); // A user's role has tables of its own.
    }

    private static PostgreSqlStoreOptions Options(string schema) =>
        new() { Schema = schema, LockTimeout = LockTimeout, Listen = false, PrepareStatements = false };

    private static string ConnectionString(string schema, string role) =>
        new NpgsqlConnectionStringBuilder(PgBouncer.Shared.ConnectionString)
        {
            Username = $"{schema}_{role}",
            Timeout = 30, // It lends few connections.
        }.ConnectionString;
}
