using System.Transactions;
using Npgsql;

namespace Hydra.Stores.Tests;

/// <summary>An engine on a data source of the host's, which enlists what it opens in ambient transactions.</summary>
public sealed class PostgreSqlScopeTests : IAsyncDisposable
{
    private readonly string _schema = $"t_{Guid.NewGuid():N}";
    private readonly NpgsqlDataSource _source = NpgsqlDataSource.Create(PostgreSqlServer.ConnectionString);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Nothing can join a transaction that was undone, and nothing one whose scope is complete.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Nothing_of_the_engine_becomes_part_of_a_callers_scope(bool completes)
    {
        using var scope = new TransactionScope(TransactionScopeAsyncFlowOption.Enabled);
        End(scope, completes);

        await using var engine = await OpenAsync();
        var workflow = engine.Client.Workflow<int, int>("double");
        var handle = await workflow.StartAsync(21, new() { Key = "one" }, Token);

        Assert.Equal(42, await handle.ResultAsync(Token));
        Assert.Equal(ExecutionState.Completed, (await handle.DescribeAsync(Token)).Row.State);
        Assert.Equal(handle.Id, (await workflow.StartAsync(21, new() { Key = "one" }, Token)).Id);
        Assert.Single(await engine.Client.ListAsync(cancellationToken: Token));
    }

    public async ValueTask DisposeAsync()
    {
        await _source.DisposeAsync();
        await PostgreSqlServer.ExecuteAsync($"DROP SCHEMA IF EXISTS {_schema} CASCADE");
    }

    private static void End(TransactionScope scope, bool completes)
    {
        if (completes)
        {
            scope.Complete();
        }
        else
        {
            Transaction.Current!.Rollback();
        }
    }

    private Task<HydraEngine> OpenAsync() => HydraEngine.OpenAsync(
        hydra =>
        {
            hydra.UsePostgreSql(_source, options => options with { Schema = _schema });
            hydra.AddWorkflow<int, int>("double", static (_, number) => Task.FromResult(number * 2));
            hydra.AddWorker();
        },
        Token);
}
