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

    /// <summary>It owns nothing any more when it is closed, as a rule; what it did is taken back at once.</summary>
    [Fact]
    public async Task A_session_is_closed_while_nothing_that_it_owns_can_be_read()
    {
        var session = new SessionRow
        {
            Id = new SessionId(7),
            Worker = "worker",
            Build = "build",
            HeartbeatInterval = TimeSpan.FromSeconds(3),
            ClaimTimeout = TimeSpan.FromSeconds(15),
        };
        await Store.OpenSessionAsync(session, Token);
        await using (await LockExecutionsAsync())
        {
            await Store.CloseSessionAsync(session.Id, Token);
        }

        Assert.Empty(await Store.Queries.ListSessionsAsync(Token));
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
