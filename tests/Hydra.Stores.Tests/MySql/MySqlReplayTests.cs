namespace Hydra.Stores.Tests;

public sealed class MySqlReplayTests : ReplayTests
{
    private readonly string _prefix = $"t{Guid.NewGuid().ToString("N")[..16]}_";

    protected override void Use(HydraBuilder hydra) =>
        hydra.UseMySql(MySqlServer.ConnectionString, options => options with { TablePrefix = _prefix });

    protected override Task DropAsync() => MySqlTables.DropAsync(_prefix);
}
