using Hydra.PostgreSql;
using Hydra.Storage;
using Hydra.Tests.Servers;
using Npgsql;

namespace Hydra.Stores.Tests;

public sealed class PostgreSqlSweepTests : SweepTests
{
    private readonly string _schema = $"t_{Guid.NewGuid():N}";
    private PostgreSqlWorkflowStore? _store;

    private protected override IWorkflowStore Store => _store!;

    [Fact]
    public async Task Waiting_for_a_connection_makes_no_look_dear()
    {
        var source = new NpgsqlDataSourceBuilder($"{PostgreSqlServer.ConnectionString};Pooling=false");
        source.UsePhysicalConnectionInitializer(
            _ => Clock.Advance(TimeSpan.FromMinutes(1)),
            _ =>
            {
                Clock.Advance(TimeSpan.FromMinutes(1));
                return Task.CompletedTask;
            });
        await using var slow = source.Build();
        await using var store = new PostgreSqlWorkflowStore(
            slow, "", new PostgreSqlStoreOptions { Schema = _schema, Listen = false }, "tests", Clock);
        var session = new SessionRow
        {
            Id = new SessionId(7),
            Worker = "worker",
            Build = "build",
            Workflows = [Make.Workflow],
            HeartbeatInterval = TimeSpan.FromSeconds(3),
            ClaimTimeout = TimeSpan.FromDays(1),
        };
        await store.OpenSessionAsync(session, Token);
        await store.OpenSessionAsync(session with { Id = new SessionId(8) }, Token);
        var (judge, stranger) = (new Worker(store, session), new Worker(store, session with { Id = new SessionId(8) }));
        await judge.CommitAsync(Make.Start(ExecutionId.Create(1, 1, 0)));
        await stranger.ClaimOneAsync();
        await judge.MaintainAsync();
        await PostgreSqlServer.ExecuteAsync($"DELETE FROM {_schema}.sessions WHERE id = 8");

        var answer = await judge.MaintainAsync();

        Assert.Single(answer.Released);
    }

    private protected override CuttingProxy CreateProxy() => new PostgreSqlProxy(PostgreSqlServer.ConnectionString);

    private protected override async Task OpenAsync(string connectionString)
    {
        _store = new PostgreSqlWorkflowStore(
            null, connectionString, new PostgreSqlStoreOptions { Schema = _schema, Listen = false }, "tests", Clock);
        await _store.MigrateAsync(Token);
    }

    private protected override async Task CloseAsync()
    {
        await (_store?.DisposeAsync() ?? ValueTask.CompletedTask);
        await PostgreSqlServer.ExecuteAsync($"DROP SCHEMA IF EXISTS {_schema} CASCADE");
    }

    private protected override bool LooksForStrangers(string text) =>
        text.Contains("gaps AS MATERIALIZED", StringComparison.Ordinal)
        && !text.Contains("RECURSIVE", StringComparison.Ordinal);
}
