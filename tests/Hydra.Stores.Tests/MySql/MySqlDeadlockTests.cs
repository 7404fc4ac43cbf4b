using System.Globalization;
using Hydra.MySql;

namespace Hydra.Stores.Tests;

/// <summary>Deadlocks, which a server counts for all who use it: it has to be one of the test's own.</summary>
public sealed class MySqlDeadlockTests(PrivateMySql server, ITestOutputHelper output)
    : IClassFixture<PrivateMySql>
{
    private const string Counted = "SELECT count FROM information_schema.innodb_metrics WHERE name = 'lock_deadlocks'";

    [Fact]
    public async Task Twelve_workers_that_claim_and_commit_at_once_meet_no_deadlock()
    {
        await using var store = Open();
        await store.MigrateAsync(TestContext.Current.CancellationToken);
        var before = await CountAsync();

        output.WriteLine(await new ClaimStorm(Open).RunAsync());

        Assert.Equal(before, await CountAsync());

        MySqlWorkflowStore Open() => new(server.ConnectionString, new MySqlStoreOptions(), "tests");
    }

    [Fact]
    public async Task Twelve_programs_that_start_the_same_new_keys_at_once_meet_no_deadlock()
    {
        await using var store = Open();
        await store.MigrateAsync(TestContext.Current.CancellationToken);
        var before = await CountAsync();

        output.WriteLine(await new KeyStorm(Open, Random.Shared.Next()).RunAsync());

        Assert.Equal(before, await CountAsync());

        MySqlWorkflowStore Open() => new(
            server.ConnectionString, new MySqlStoreOptions { TablePrefix = "keys_" }, "tests");
    }

    private async Task<long> CountAsync() => Convert.ToInt64(
        await MySqlServer.AskAsync(Counted, server.ConnectionString), CultureInfo.InvariantCulture);
}
