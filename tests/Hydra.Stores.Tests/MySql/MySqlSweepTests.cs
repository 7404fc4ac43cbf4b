using Hydra.MySql;
using Hydra.Storage;
using Hydra.Tests.Servers;

namespace Hydra.Stores.Tests;

public sealed class MySqlSweepTests : SweepTests
{
    private readonly string _prefix = $"t{Guid.NewGuid().ToString("N")[..16]}_";
    private MySqlWorkflowStore? _store;

    private protected override IWorkflowStore Store => _store!;

    private protected override CuttingProxy CreateProxy() => new MySqlProxy(MySqlServer.ConnectionString);

    private protected override async Task OpenAsync(string connectionString)
    {
        _store = new MySqlWorkflowStore(
            connectionString, new MySqlStoreOptions { TablePrefix = _prefix }, "tests", Clock);
        await _store.MigrateAsync(Token);
    }

    private protected override async Task CloseAsync()
    {
        await (_store?.DisposeAsync() ?? ValueTask.CompletedTask);
        await MySqlTables.DropAsync(_prefix);
    }

    private protected override bool LooksForStrangers(string text) =>
        text.Contains("holder NOT IN", StringComparison.Ordinal);
}
