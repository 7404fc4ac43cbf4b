using System.Data.Common;
using Hydra.PostgreSql;
using Hydra.Storage;
using Npgsql;

namespace Hydra.Stores.Tests;

/// <summary>Stores on a data source of the host, which they share: its connections know their tables.</summary>
public sealed class SourcedPostgreSqlHarness(bool isNew) : ServerHarness(isNew)
{
    private static readonly SharedPlaces Schemas = PostgreSqlPlaces.Create();
    private static readonly Lazy<NpgsqlDataSource> Source =
        new(static () => PostgreSqlPlaces.CreateSource(prepares: true));

    public SourcedPostgreSqlHarness() : this(isNew: false)
    {
    }

    private protected override SharedPlaces Places => Schemas;

    public override StoreHarness CreateAnother() => new SourcedPostgreSqlHarness(isNew: true);

    public override async Task<DbConnection?> OpenConnectionAsync() => await Source.Value.OpenConnectionAsync();

    protected override IWorkflowStore CreateStore(string place, string @namespace) => new PostgreSqlWorkflowStore(
        Source.Value, "", new PostgreSqlStoreOptions { Schema = place, LockTimeout = LockTimeout }, @namespace, Clock);
}
