using System.Data.Common;
using Hydra.PostgreSql;
using Hydra.Storage;
using Npgsql;

namespace Hydra.Stores.Tests;

/// <summary>
/// Stores that use neither SKIP LOCKED nor LISTEN nor prepared statements, on a data source of the host.
/// </summary>
public sealed class PlainPostgreSqlHarness(bool isNew) : ServerHarness(isNew)
{
    private static readonly SharedPlaces Schemas = PostgreSqlPlaces.Create();
    private static readonly Lazy<NpgsqlDataSource> Source =
        new(static () => PostgreSqlPlaces.CreateSource(prepares: false));

    public PlainPostgreSqlHarness() : this(isNew: false)
    {
    }

    public override int ModelRuns => 4; // What they play is no different from what the others do.

    private protected override SharedPlaces Places => Schemas;

    public override string CommandFor(string caseName) =>
        CaseRows.CommandFor<PlainPostgreSqlConformanceTests>(caseName);

    public override StoreHarness CreateEmpty() => new PlainPostgreSqlHarness();

    public override StoreHarness CreateAnother() => new PlainPostgreSqlHarness(isNew: true);

    public override async Task<DbConnection?> OpenConnectionAsync() => await Source.Value.OpenConnectionAsync();

    protected override IWorkflowStore CreateStore(string place, string @namespace) => new PostgreSqlWorkflowStore(
        Source.Value,
        "",
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
