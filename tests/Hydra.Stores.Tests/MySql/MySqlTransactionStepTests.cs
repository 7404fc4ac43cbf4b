using System.Data.Common;
using MySqlConnector;

namespace Hydra.Stores.Tests;

public sealed class MySqlTransactionStepTests : TransactionStepTests
{
    private readonly string _prefix = $"t{Guid.NewGuid().ToString("N")[..16]}_";

    [Theory]
    [InlineData(50, "4, 5")]
    [InlineData(3, "3, 5")]
    public async Task A_statement_waits_for_no_lock_beyond_the_time_of_its_step(int own, string bounds)
    {
        await using var source = new MySqlDataSourceBuilder(MySqlServer.ConnectionString)
            .UseConnectionOpenedCallback(async (opened, token) =>
            {
                await using var set = opened.Connection.CreateCommand();
                set.CommandText = $"SET SESSION innodb_lock_wait_timeout = {own}";
                await set.ExecuteNonQueryAsync(token);
            })
            .Build();

        var answer = await AskInStepAsync(
            "SELECT concat(@@SESSION.innodb_lock_wait_timeout, ', ', @@SESSION.wait_timeout)",
            new() { DataSource = source, Timeout = TimeSpan.FromSeconds(5) });

        Assert.Equal(bounds, answer as string ?? System.Text.Encoding.UTF8.GetString((byte[])answer!));
    }

    protected override void Use(HydraBuilder hydra) =>
        hydra.UseMySql(MySqlServer.ConnectionString, options => options with { TablePrefix = _prefix });

    protected override DbDataSource Own() => new MySqlDataSource(MySqlServer.ConnectionString);

    protected override DbDataSource Elsewhere() => new MySqlDataSource(
        new MySqlConnectionStringBuilder(MySqlServer.ConnectionString) { Database = "mysql" }.ConnectionString);

    protected override string Forget(ExecutionId id) =>
        $"UPDATE {_prefix}executions SET owner = 0, state = 0, epoch = epoch + 1 "
        + $"WHERE id = x'{Convert.ToHexString(id.ToByteArray())}'";

    protected override string RefuseBars =>
        $"ALTER TABLE {_prefix}attempts ADD CONSTRAINT no_bars CHECK (phase <> 5 OR failure IS NULL)";

    protected override string AllowBars => $"ALTER TABLE {_prefix}attempts DROP CONSTRAINT no_bars";

    protected override Task DropAsync() => MySqlTables.DropAsync(_prefix);
}
