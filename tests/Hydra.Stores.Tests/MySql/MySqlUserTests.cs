using Hydra.MySql;
using MySqlConnector;

namespace Hydra.Stores.Tests;

/// <summary>The rights that the guide gives to programs: enough to work, and no more.</summary>
public sealed class MySqlUserTests : IAsyncLifetime
{
    private readonly string _prefix = $"t{Guid.NewGuid().ToString("N")[..16]}_";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string User => _prefix.TrimEnd('_');

    private string ConnectionString =>
        new MySqlConnectionStringBuilder(MySqlServer.ConnectionString) { UserID = User, Pooling = false }
            .ConnectionString;

    public async ValueTask InitializeAsync()
    {
        await using var store = new MySqlWorkflowStore(
            MySqlServer.ConnectionString, new MySqlStoreOptions { TablePrefix = _prefix }, "tests");
        await store.MigrateAsync(Token);
        await MySqlServer.ExecuteAsync($"CREATE USER '{User}'@'%'");
        var database = new MySqlConnectionStringBuilder(MySqlServer.ConnectionString).Database;
        foreach (var grant in GrantsOfTheGuide())
        {
            await MySqlServer.ExecuteAsync(grant
                .Replace("orders.hydra_", $"{database}.{_prefix}", StringComparison.Ordinal)
                .Replace("'hydra_worker'", $"'{User}'@'%'", StringComparison.Ordinal));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await MySqlServer.ExecuteAsync($"DROP USER '{User}'@'%'");
        await MySqlTables.DropAsync(_prefix);
    }

    [Fact]
    public async Task A_worker_runs_workflows_on_tables_that_it_may_not_change()
    {
        await using var hydra = await HydraEngine.OpenAsync(
            builder =>
            {
                builder.UseMySql(ConnectionString, options => options with { TablePrefix = _prefix });
                builder.MigrateOnOpen = false;
                builder.AddWorkflow<int, int>("double", async (context, number) =>
                {
                    await context.SleepAsync(TimeSpan.FromMilliseconds(1));
                    return await context.StepAsync("double", number, static (n, _) => Task.FromResult(n * 2));
                });
                builder.AddWorker();
            },
            Token);

        var handle = await hydra.Client.Workflow<int, int>("double")
            .StartAsync(21, new() { Key = "once" }, cancellationToken: Token);
        var delayed = await hydra.Client.Workflow<int, int>("double")
            .StartAsync(21, new() { Delay = TimeSpan.FromHours(1) }, cancellationToken: Token);
        await delayed.TerminateAsync("enough", Token);

        Assert.Equal(42, await handle.ResultAsync(Token));
    }

    [Theory]
    [InlineData("CREATE TABLE {0}t (id INT)")]
    [InlineData("ALTER TABLE {0}executions ADD COLUMN t INT")]
    [InlineData("DROP TABLE {0}executions")]
    [InlineData("TRUNCATE {0}executions")]
    [InlineData("UPDATE {0}journal SET output = NULL")]
    [InlineData("DELETE FROM {0}journal")]
    [InlineData("UPDATE {0}outcomes SET state = 7")]
    [InlineData("DELETE FROM {0}outcomes")]
    [InlineData("DELETE FROM {0}start_keys")]
    [InlineData("DELETE FROM {0}crashes")]
    [InlineData("INSERT INTO {0}schema_versions VALUES (9, 9, 9)")]
    public async Task A_worker_can_neither_change_tables_nor_what_has_been_recorded(string statement)
    {
        var denied = await Assert.ThrowsAsync<MySqlException>(() => MySqlServer.ExecuteAsync(
            statement.Replace("{0}", _prefix, StringComparison.Ordinal), ConnectionString));

        Assert.Equal(MySqlErrorCode.TableAccessDenied, denied.ErrorCode);
    }

    private static IEnumerable<string> GrantsOfTheGuide()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root.FullName, "Hydra.slnx")))
        {
            root = root.Parent!;
        }

        var guide = Path.Combine(root.FullName, "docs", "guides", "mysql.md");
        return File.ReadLines(guide).Where(static line => line.StartsWith("GRANT ", StringComparison.Ordinal));
    }
}
