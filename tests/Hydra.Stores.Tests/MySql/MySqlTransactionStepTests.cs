using System.Data.Common;
using MySqlConnector;

namespace Hydra.Stores.Tests;

public sealed class MySqlTransactionStepTests : TransactionStepTests
{
    private readonly string _prefix = $"t{Guid.NewGuid().ToString("N")[..16]}_";

    protected override void Use(HydraBuilder hydra) =>
        hydra.UseMySql(MySqlServer.ConnectionString, options => options with { TablePrefix = _prefix });

    protected override DbDataSource Own() => new MySqlDataSource(MySqlServer.ConnectionString);

    protected override DbDataSource Elsewhere() => new MySqlDataSource(
        new MySqlConnectionStringBuilder(MySqlServer.ConnectionString) { Database = "mysql" }.ConnectionString);

    protected override string Forget(ExecutionId id) =>
        $"UPDATE {_prefix}executions SET owner = 0, state = 0, epoch = epoch + 1 "
        + $"WHERE id = x'{Convert.ToHexString(id.ToByteArray())}'";

    protected override Task DropAsync() => MySqlTables.DropAsync(_prefix);
}
