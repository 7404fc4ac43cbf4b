using Hydra.PostgreSql;
using Hydra.Storage;

namespace Hydra.Stores.Tests;

/// <summary>The newest of all, read from every shard.</summary>
public sealed class PostgreSqlShardTests : IAsyncLifetime
{
    private readonly string _schema = $"t_{Guid.NewGuid():N}";
    private readonly List<ExecutionId> _newestFirst = [];
    private PostgreSqlWorkflowStore? _store;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private IWorkflowQueries Queries => _store!.Queries;

    public async ValueTask InitializeAsync()
    {
        _store = new PostgreSqlWorkflowStore(
            PostgreSqlServer.ConnectionString,
            new PostgreSqlStoreOptions { Schema = _schema, Listen = false },
            "tests");
        await _store.MigrateAsync(Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _store!.DisposeAsync();
        await PostgreSqlServer.ExecuteAsync($"DROP SCHEMA {_schema} CASCADE");
    }

    [Fact]
    public async Task The_newest_are_found_when_they_are_spread_evenly()
    {
        await StartAsync(600, static number => (byte)number);

        Assert.Equal(_newestFirst.Take(300), await ListAsync(300));
        Assert.Equal(_newestFirst, await ListAsync(1_000));
    }

    /// <summary>As when they are children of one parent.</summary>
    [Fact]
    public async Task The_newest_are_found_when_they_are_all_of_one_shard()
    {
        await StartAsync(300, static number => (byte)number);
        await StartAsync(150, static _ => 7);

        Assert.Equal(_newestFirst.Take(50), await ListAsync(50));
        Assert.Equal(_newestFirst.Take(200), await ListAsync(200));
        Assert.Equal(_newestFirst, await ListAsync(1_000));
    }

    [Fact]
    public async Task What_is_counted_among_the_newest_is_all_there_is_when_one_shard_has_it()
    {
        await StartAsync(150, static _ => 7);
        await PostgreSqlServer.ExecuteAsync(
            $"UPDATE {_schema}.executions SET state = 6, finished_at = 1 WHERE shard = 7");

        var counts = await Queries.CountAsync(1_000, Token);

        var completed = Assert.Single(counts.Executions);
        Assert.Equal((ExecutionState.Completed, 150L, false), (completed.State, completed.Count, completed.AtLeast));
    }

    private async Task StartAsync(int count, Func<int, byte> shard)
    {
        var starts = new List<StoreOperation>();
        for (var number = 0; number < count; number++)
        {
            var start = Make.Start(ExecutionId.Create(
                1_800_000_000_000 + _newestFirst.Count, (ulong)Random.Shared.NextInt64(), shard(number)));
            _newestFirst.Insert(0, start.Id);
            starts.Add(start);
        }

        await _store!.CommitAsync(new CommitBatch(SessionId.None, starts), Token);
    }

    private async Task<IEnumerable<ExecutionId>> ListAsync(int limit) =>
        (await Queries.ListAsync(new ExecutionFilter { Limit = limit }, Token)).Select(row => row.Id);
}
