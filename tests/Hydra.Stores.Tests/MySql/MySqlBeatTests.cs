using Hydra.MySql;
using Hydra.Storage;
using MySqlConnector;

namespace Hydra.Stores.Tests;

public sealed class MySqlBeatTests : BeatTests
{
    private readonly string _prefix = $"t{Guid.NewGuid().ToString("N")[..16]}_";
    private MySqlWorkflowStore? _store;

    protected override IWorkflowStore Store => _store!;

    public override async ValueTask InitializeAsync()
    {
        _store = new MySqlWorkflowStore(
            MySqlServer.ConnectionString, new MySqlStoreOptions { TablePrefix = _prefix }, "tests");
        await _store.MigrateAsync(Token);
    }

    public override async ValueTask DisposeAsync()
    {
        await (_store?.DisposeAsync() ?? ValueTask.CompletedTask);
        await MySqlTables.DropAsync(_prefix);
    }

    protected override async Task<IAsyncDisposable> LockExecutionsAsync()
    {
        var connection = new MySqlConnection($"{MySqlServer.ConnectionString};Pooling=false");
        await connection.OpenAsync(Token); // Its end is that of the lock.
        await using var hold = new MySqlCommand($"LOCK TABLES {_prefix}executions WRITE", connection);
        await hold.ExecuteNonQueryAsync(Token);
        return connection;
    }
}
