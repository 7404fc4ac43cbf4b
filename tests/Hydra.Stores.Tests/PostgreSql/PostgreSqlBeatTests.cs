using Hydra.PostgreSql;
using Hydra.Storage;
using Npgsql;

namespace Hydra.Stores.Tests;

public sealed class PostgreSqlBeatTests : BeatTests
{
    private readonly string _schema = $"t_{Guid.NewGuid():N}";
    private readonly PostgreSqlWorkflowStore _store;

    public PostgreSqlBeatTests() => _store = new PostgreSqlWorkflowStore(
        PostgreSqlServer.ConnectionString, new PostgreSqlStoreOptions { Schema = _schema, Listen = false }, "tests");

    protected override IWorkflowStore Store => _store;

    public override async ValueTask InitializeAsync() => await _store.MigrateAsync(Token);

    public override async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        await using var connection = await ConnectAsync();
        await using var drop = new NpgsqlCommand($"DROP SCHEMA {_schema} CASCADE", connection);
        await drop.ExecuteNonQueryAsync(Token);
    }

    protected override async Task<IAsyncDisposable> LockExecutionsAsync()
    {
        var connection = await ConnectAsync(); // Its end is that of the lock.
        await using var hold = new NpgsqlCommand($"BEGIN; LOCK TABLE {_schema}.executions", connection);
        await hold.ExecuteNonQueryAsync(Token);
        return connection;
    }

    private static async Task<NpgsqlConnection> ConnectAsync()
    {
        var connection = new NpgsqlConnection($"{PostgreSqlServer.ConnectionString};Pooling=false");
        await connection.OpenAsync(Token);
        return connection;
    }
}
