using System.Data.Common;
using Hydra.PostgreSql;
using Hydra.Storage;
using Npgsql;

namespace Hydra.Stores.Tests;

/// <summary>Stores behind pgbouncer, each schema migrated by one role and worked on by another.</summary>
public sealed class PooledPostgreSqlHarness : StoreHarness
{
    private readonly string _schema = $"t_{Guid.NewGuid():N}";
    private bool _migrated;

    // The role of the workers cannot migrate, so this is done before.
    public override bool HasSchema => false;

    public override int ModelRuns => 10;

    public override string CommandFor(string caseName) =>
        CaseRows.CommandFor<PooledPostgreSqlConformanceTests>(caseName);

    public override StoreHarness CreateAnother() => new PooledPostgreSqlHarness();

    public override async Task<DbConnection?> OpenConnectionAsync()
    {
        var connection = new NpgsqlConnection(As("worker"));
        await connection.OpenAsync();
        return connection;
    }

    protected override async Task<IWorkflowStore> CreateStoreAsync(string @namespace)
    {
        var options = new PostgreSqlStoreOptions { Schema = _schema, Listen = false, PrepareStatements = false };
        if (!_migrated)
        {
            await PostgreSqlServer.ExecuteAsync(PostgreSqlScripts.Migrator(_schema));
            await using var migrator = new PostgreSqlWorkflowStore(As("migrator"), options, "tests");
            await migrator.MigrateAsync();
            await PostgreSqlServer.ExecuteAsync(
                PostgreSqlScripts.Worker(_schema)
                + $"; GRANT CREATE ON SCHEMA public TO {_schema}_worker"); // A user's role has tables of its own.
            _migrated = true;
        }

        return new PostgreSqlWorkflowStore(null, As("worker"), options, @namespace, Clock);
    }

    protected override async Task DropAsync()
    {
        if (_migrated)
        {
            await PostgreSqlServer.ExecuteAsync(
                $"REVOKE ALL ON SCHEMA public FROM {_schema}_worker; "
                + $"DROP SCHEMA {_schema} CASCADE; DROP ROLE {_schema}_migrator, {_schema}_worker");
        }
    }

    private string As(string role) => new NpgsqlConnectionStringBuilder(PgBouncer.ConnectionString)
    {
        Username = $"{_schema}_{role}",
    }.ConnectionString;
}
