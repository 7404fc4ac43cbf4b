using System.Data.Common;
using Hydra.MySql;
using Hydra.Storage;

namespace Hydra.Stores.Tests;

public sealed class MySqlEncryptedPayloadTests : EncryptedPayloadTests
{
    private readonly string _prefix = $"t{Guid.NewGuid().ToString("N")[..16]}_";

    protected override void Use(HydraBuilder hydra) =>
        hydra.UseMySql(MySqlServer.ConnectionString, options => options with { TablePrefix = _prefix });

    protected override IWorkflowStore OpenStore() => new MySqlWorkflowStore(
        MySqlServer.ConnectionString, new MySqlStoreOptions { TablePrefix = _prefix }, "default");

    protected override string Table(string name) => $"{_prefix}{name}";

    protected override async Task<DbConnection> ConnectAsync() => await MySqlServer.ConnectAsync();

    protected override Task DropAsync() => MySqlTables.DropAsync(_prefix);
}
