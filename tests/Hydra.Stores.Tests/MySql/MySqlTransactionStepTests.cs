using System.Data.Common;
using Hydra.Tests.Servers;
using MySqlConnector;

namespace Hydra.Stores.Tests;

public sealed class MySqlTransactionStepTests : ServerTransactionStepTests
{
    private readonly string _prefix = $"t{Guid.NewGuid().ToString("N")[..16]}_";

    [Theory]
    [InlineData(50, "4, 5")]
    [InlineData(3, "3, 5")]
    public async Task A_statement_waits_for_no_lock_beyond_the_time_of_its_step(int own, string bounds)
    {
        await using var source = SourceWaitingFor(own);

        var answer = await AskInStepAsync(
            "SELECT concat(@@SESSION.innodb_lock_wait_timeout, ', ', @@SESSION.wait_timeout)",
            new() { DataSource = source, Timeout = TimeSpan.FromSeconds(5) });

        Assert.Equal(bounds, answer as string ?? System.Text.Encoding.UTF8.GetString((byte[])answer!));
    }

    /// <summary>Its pool would keep the bounds that a step sets.</summary>
    [Fact]
    public async Task A_source_whose_connections_are_not_reset_is_refused()
    {
        await using var source = SourceOf(Direct + ";ConnectionReset=false");

        var failed = await Assert.ThrowsAsync<WorkflowFailedException>(() => RunAsync(
            (context, number) => context.TransactionAsync("write", number, WriteAsync, new() { DataSource = source })));

        Assert.Contains("ConnectionReset=false", failed.Message, StringComparison.Ordinal);
        Assert.Equal(0, await CountAsync());
    }

    protected override string Direct => MySqlServer.ConnectionString;

    protected override string WithLittlePatience(string connectionString) =>
        connectionString + ";Default Command Timeout=2;Cancellation Timeout=-1";

    private protected override CuttingProxy CreateProxy(string after) => new MySqlProxy(Direct) { After = after };

    protected override void Use(HydraBuilder hydra, string connectionString) =>
        hydra.UseMySql(connectionString, options => options with { TablePrefix = _prefix });

    protected override DbDataSource SourceOf(string connectionString) => new MySqlDataSource(connectionString);

    protected override DbDataSource SourceOfHasty() => SourceWaitingFor(1);

    protected override DbDataSource Elsewhere() => new MySqlDataSource(
        new MySqlConnectionStringBuilder(MySqlServer.ConnectionString) { Database = "mysql" }.ConnectionString);

    protected override string Forget(ExecutionId id) =>
        $"UPDATE {_prefix}executions SET owner = 0, state = 0, epoch = epoch + 1 "
        + $"WHERE id = x'{Convert.ToHexString(id.ToByteArray())}'";

    protected override string RefuseBars =>
        $"ALTER TABLE {_prefix}attempts ADD CONSTRAINT no_bars CHECK (phase <> 5 OR failure IS NULL)";

    protected override string AllowBars => $"ALTER TABLE {_prefix}attempts DROP CONSTRAINT no_bars";

    protected override Task DropAsync() => MySqlTables.DropAsync(_prefix);

    /// <summary>A source whose connections wait for a lock for so many seconds.</summary>
    private static MySqlDataSource SourceWaitingFor(int seconds) =>
        new MySqlDataSourceBuilder(MySqlServer.ConnectionString)
            .UseConnectionOpenedCallback(async (opened, token) =>
            {
                await using var set = opened.Connection.CreateCommand();
                set.CommandText = $"SET SESSION innodb_lock_wait_timeout = {seconds}";
                await set.ExecuteNonQueryAsync(token);
            })
            .Build();
}
