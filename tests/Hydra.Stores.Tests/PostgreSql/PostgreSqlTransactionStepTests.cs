using System.Data;
using System.Data.Common;
using Hydra.Storage;
using Hydra.Tests.Servers;
using Npgsql;

namespace Hydra.Stores.Tests;

public sealed class PostgreSqlTransactionStepTests : ServerTransactionStepTests
{
    private readonly string _schema = $"t_{Guid.NewGuid():N}";

    /// <summary>Of six connections two are kept, and bodies that wait for something take no more than two.</summary>
    [Theory]
    [InlineData("the engine's")]
    [InlineData("a data source")]
    [InlineData("a begin")]
    public async Task Bodies_leave_the_engine_enough_of_a_pool_that_both_share(string how)
    {
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var open = new CountdownEvent(2);
        await using var shared = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(PostgreSqlServer.ConnectionString) { MaxPoolSize = 6, Timeout = 3 });
        await using var engine = await HydraEngine.OpenAsync(
            hydra => hydra
                .UsePostgreSql(shared, options => options with { Schema = _schema })
                .AddWorkflow<int, int>("holding", async (context, number) =>
                {
                    var steps = Enumerable.Range(0, 12).Select(_ => how switch
                    {
                        "a begin" => context.TransactionAsync(
                            "hold",
                            number,
                            (_, token) => ConnectionTransaction.BeginAsync(shared, IsolationLevel.Unspecified, token),
                            (_, value, _) => HoldAsync(value)),
                        _ => context.TransactionAsync("hold", number, (_, value, _) => HoldAsync(value), new()
                        {
                            DataSource = how == "a data source" ? shared : null,
                        }),
                    });
                    return (await Task.WhenAll(steps)).Sum();
                })
                .AddWorkflow<int, int>("plain", (context, number) => context.StepAsync("one", number, One))
                .AddWorker(),
            Token);
        var holding = await engine.Client.Workflow<int, int>("holding").StartAsync(1, cancellationToken: Token);
        await Task.Run(() => open.Wait(Token), Token);

        var plain = await Task.WhenAll(Enumerable.Range(0, 20).Select(async number => await (await engine.Client
            .Workflow<int, int>("plain").StartAsync(number, cancellationToken: Token)).ResultAsync(Token)));
        held.SetResult();

        Assert.Equal(210, plain.Sum());
        Assert.Equal(12, await holding.ResultAsync(Token));
        Assert.DoesNotContain((await holding.DescribeAsync(Token)).Tries, one => one.Phase == TryPhase.Failed);

        async Task<int> HoldAsync(int value)
        {
            if (open.CurrentCount > 0)
            {
                open.Signal();
            }

            await held.Task;
            return value;
        }

        static Task<int> One(int value, CancellationToken token) => Task.FromResult(value + 1);
    }

    [Theory]
    [InlineData("", "2500ms, 2500ms")]
    [InlineData("-c statement_timeout=1234 -c idle_in_transaction_session_timeout=1min", "1234ms, 2500ms")]
    [InlineData("-c statement_timeout=2h -c idle_in_transaction_session_timeout=2s", "2500ms, 2s")]
    public async Task The_stricter_bound_of_the_role_and_of_the_step_holds(string settings, string bounds)
    {
        await using var own = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(PostgreSqlServer.ConnectionString) { Options = settings });

        var answer = await AskInStepAsync(
            "SELECT current_setting('statement_timeout') || ', ' "
                + "|| current_setting('idle_in_transaction_session_timeout')",
            new() { DataSource = own, Timeout = TimeSpan.FromSeconds(2.5) });

        Assert.Equal(bounds, answer);
    }

    [Fact]
    public async Task A_body_knows_the_types_that_users_have_made()
    {
        await PostgreSqlServer.ExecuteAsync($"CREATE TYPE public.mood_{_schema} AS ENUM ('calm')");
        try
        {
            Assert.Equal("calm", await AskInStepAsync($"SELECT 'calm'::public.mood_{_schema}"));
        }
        finally
        {
            await PostgreSqlServer.ExecuteAsync($"DROP TYPE public.mood_{_schema}");
        }
    }

    protected override string Direct => PostgreSqlServer.ConnectionString;

    protected override string WithLittlePatience(string connectionString) =>
        connectionString + ";Command Timeout=2;Cancellation Timeout=500";

    private protected override CuttingProxy CreateProxy(string after) => new PostgreSqlProxy(Direct) { After = after };

    protected override void Use(HydraBuilder hydra, string connectionString) =>
        hydra.UsePostgreSql(connectionString, options => options with { Schema = _schema });

    protected override DbDataSource SourceOf(string connectionString) => NpgsqlDataSource.Create(connectionString);

    protected override DbDataSource SourceOfHasty() => NpgsqlDataSource.Create(
        new NpgsqlConnectionStringBuilder(Direct) { Options = "-c lock_timeout=200ms" });

    /// <remarks>Nobody can create a database while a pool keeps a connection to this one.</remarks>
    protected override DbDataSource Elsewhere() => NpgsqlDataSource.Create(
        new NpgsqlConnectionStringBuilder(PostgreSqlServer.ConnectionString)
        {
            Database = "template1",
            Pooling = false,
        });

    protected override string Forget(ExecutionId id) =>
        $"UPDATE {_schema}.executions SET owner = 0, state = 0, epoch = epoch + 1 WHERE id = '{id.Value}'";

    protected override string RefuseBars =>
        $"ALTER TABLE {_schema}.attempts ADD CONSTRAINT no_bars CHECK (phase <> 5 OR failure IS NULL)";

    protected override string AllowBars => $"ALTER TABLE {_schema}.attempts DROP CONSTRAINT no_bars";

    protected override Task DropAsync() => PostgreSqlServer.ExecuteAsync($"DROP SCHEMA {_schema} CASCADE");
}
