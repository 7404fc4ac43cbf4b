using System.Collections.Concurrent;
using System.Data.Common;
using Npgsql;

namespace Hydra.Stores.Tests;

/// <summary>
/// Programs that run workflows through a pooler in transaction mode, which lends them a connection of the server's for
/// no longer than a transaction.
/// </summary>
public sealed class PooledEngineTests : IAsyncLifetime
{
    private const int Executions = 60;

    private readonly string _schema = $"t_{Guid.NewGuid():N}";
    private readonly ConcurrentDictionary<string, int> _bodies = [];
    private bool _prepares;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync() =>
        await PostgreSqlServer.ExecuteAsync($"DROP SCHEMA IF EXISTS {_schema} CASCADE");

    [Fact]
    public async Task A_worker_and_a_client_run_workflows_through_a_pooler_whose_connections_are_terminated()
    {
        var terminated = 0L;

        await RunAsync(
            PgBouncer.Shared, async number => terminated += number % 10 == 9 ? await TerminateAsync() : 0);

        Assert.True(terminated > 0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_worker_and_a_client_run_workflows_through_a_pooler_that_is_restarted(bool prepares)
    {
        using var pooler = new PgBouncer();
        Assert.SkipWhen(prepares && !pooler.FollowsPreparedStatements, "This needs pgbouncer 1.21 or later.");
        _prepares = prepares;
        var restarts = Task.CompletedTask;

        await RunAsync(pooler, number =>
        {
            restarts = number % 20 == 9 ? RestartAsync(restarts) : restarts; // While more is started.
            return Task.CompletedTask;
        });

        await restarts;

        async Task RestartAsync(Task last)
        {
            await last;
            await Task.Run(pooler.Restart, Token);
        }
    }

    /// <summary>Runs workflows to their ends, each body once, with a disturbance after each start.</summary>
    private async Task RunAsync(PgBouncer pooler, Func<int, Task> disturb)
    {
        await using var server = await OpenAsync(pooler, static hydra => hydra.AddWorker(static worker => worker with
        {
            HeartbeatInterval = TimeSpan.FromMilliseconds(200), // Finds what a claim in doubt has taken.
            ClaimTimeout = TimeSpan.FromMinutes(1),
            PollInterval = TimeSpan.FromMilliseconds(100),
        }));
        await using var client = await OpenAsync(pooler, static _ => { });
        await PostgreSqlServer.ExecuteAsync($"CREATE TABLE {_schema}.sales (number integer NOT NULL)");
        var orders = client.Client.Workflow<int, int>("sell");
        var waits = await orders.StartAsync(-1, new() { Key = "waits" }, Token);

        var handles = new List<ExecutionHandle<int>>();
        for (var number = 0; number < Executions; number++)
        {
            handles.Add(await orders.StartAsync(number, new() { Key = $"order-{number}" }, Token));
            await disturb(number);
        }

        var results = await Task.WhenAll(handles.Select(static handle => handle.ResultAsync(Token)));
        await waits.CancelAsync(Token);
        var cancelled = await Assert.ThrowsAsync<WorkflowFailedException>(() => waits.ResultAsync(Token));

        Assert.Equal(Enumerable.Range(2, Executions), results);
        Assert.Equal(ExecutionState.Cancelled, cancelled.State);
        Assert.All(_bodies, static body => Assert.Equal((body.Key, 1), (body.Key, body.Value)));
        Assert.Equal((long)Executions, await PostgreSqlServer.AskAsync(
            $"SELECT count(DISTINCT number) FROM {_schema}.sales"));
        Assert.Equal((long)Executions, await PostgreSqlServer.AskAsync($"SELECT count(*) FROM {_schema}.sales"));
    }

    private Task<HydraEngine> OpenAsync(PgBouncer pooler, Action<HydraBuilder> configure) => HydraEngine.OpenAsync(
        hydra =>
        {
            hydra.UsePostgreSql(
                new NpgsqlConnectionStringBuilder(pooler.ConnectionString) { ApplicationName = _schema }
                    .ConnectionString,
                options => options with { Schema = _schema, Listen = false, PrepareStatements = _prepares });
            hydra.AddWorkflow<int, int>("sell", SellAsync);
            configure(hydra);
        },
        Token);

    private async Task<int> SellAsync(WorkflowContext context, int number)
    {
        await context.SleepAsync(number < 0 ? TimeSpan.FromDays(1) : TimeSpan.FromMilliseconds(20));
        var more = await context.StepAsync("add", number, (value, _) =>
        {
            _bodies.AddOrUpdate($"{value}", 1, static (_, runs) => runs + 1);
            return Task.FromResult(value + 1);
        });
        return await context.TransactionAsync("sell", more, RecordAsync);
    }

    private async Task<int> RecordAsync(DbTransaction transaction, int number, CancellationToken cancellationToken)
    {
        await using var insert = transaction.Connection!.CreateCommand();
        insert.Transaction = transaction;
        insert.CommandText = $"INSERT INTO {_schema}.sales VALUES ({number})";
        await insert.ExecuteNonQueryAsync(cancellationToken);
        return number + 1;
    }

    /// <summary>Ends the pooler's connections over which the programs of this test have just been served.</summary>
    private async Task<long> TerminateAsync() => (long)(await PostgreSqlServer.AskAsync(
        $"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = '{_schema}'"))!;
}
