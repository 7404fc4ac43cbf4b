using System.Net;
using Hydra.MySql;
using Hydra.Storage;
using Hydra.Tests.Servers;
using MySqlConnector;

namespace Hydra.Stores.Tests;

/// <summary>
/// A server that cannot serve for what it is set to, which is found with the next connection to it, not only when a
/// store opens: of a list of hosts another one may be asked by then.
/// </summary>
public sealed class MySqlRefusedHostTests(PrivateMySql server) : IClassFixture<PrivateMySql>, IAsyncLifetime
{
    private static readonly SessionRow Session = new()
    {
        Id = new SessionId(7),
        Worker = "worker",
        Build = "build",
        HeartbeatInterval = TimeSpan.FromSeconds(3),
        ClaimTimeout = TimeSpan.FromSeconds(15),
    };

    private readonly string _prefix = $"t{Guid.NewGuid().ToString("N")[..16]}_";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        server.RestartWith("log-bin");
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_server_that_cannot_serve_any_more_is_told_with_the_next_connection()
    {
        await SetAsync("ROW");
        await using var store = Open(server.ConnectionString);
        await store.MigrateAsync(Token);
        await store.OpenSessionAsync(Session, Token);
        await SetAsync("STATEMENT");

        var beat = await Assert.ThrowsAsync<StoreException>(() => store.HeartbeatAsync(Session.Id, [], Token));
        var read = await Assert.ThrowsAsync<StoreException>(() => store.Queries.NowAsync(Token));
        await SetAsync("ROW");

        Assert.All([beat, read], static error => Assert.Contains(
            "binlog_format=STATEMENT", error.Message, StringComparison.Ordinal));
        Assert.False((await store.HeartbeatAsync(Session.Id, [], Token)).Lost);
    }

    /// <summary>It is the first of the list, at another address, where a proxy stands before it.</summary>
    [Fact]
    public async Task Of_a_list_of_hosts_one_that_cannot_serve_is_passed_over()
    {
        await SetAsync("STATEMENT");
        var other = new MySqlConnectionStringBuilder(MySqlServer.ConnectionString) { SslMode = MySqlSslMode.None };
        await using var proxy = new MySqlProxy(server.ConnectionString)
        {
            At = new IPEndPoint(IPAddress.Parse("127.0.0.2"), (int)other.Port),
        };
        proxy.Start();
        other.Server = $"127.0.0.2,{other.Server}";
        try
        {
            await using var store = Open(other.ConnectionString);
            await store.MigrateAsync(Token);
            await store.OpenSessionAsync(Session, Token);

            Assert.False((await store.HeartbeatAsync(Session.Id, [], Token)).Lost);
            Assert.Single(await store.Queries.ListSessionsAsync(Token));
        }
        finally
        {
            await MySqlTables.DropAsync(_prefix);
        }
    }

    private MySqlWorkflowStore Open(string connectionString) =>
        new(connectionString, new MySqlStoreOptions { TablePrefix = _prefix }, "tests");

    private Task SetAsync(string format) =>
        MySqlServer.ExecuteAsync($"SET GLOBAL binlog_format = '{format}'", server.ConnectionString);
}
