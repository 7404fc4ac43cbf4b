using Hydra.Sqlite;
using Hydra.Storage;
using Microsoft.Data.Sqlite;

namespace Hydra.Stores.Tests;

/// <summary>Options of the SQLite store that contradict each other, and files that others use as well.</summary>
public sealed class SqliteOptionTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("hydra-options-");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string File => Path.Combine(_directory.FullName, "options.db");

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory]
    [InlineData("Data Source=hydra.db", "hydra.db")]
    [InlineData("Password=secret; data source = a b.db ;Mode=ReadWrite", "a b.db")]
    [InlineData("Filename=hydra.db", "hydra.db")]
    [InlineData("sqlite:hydra.db", "hydra.db")]
    public async Task A_connection_string_is_no_path_and_the_right_call_is_told(string text, string file)
    {
        var thrown = await Assert.ThrowsAsync<ArgumentException>(
            () => HydraEngine.OpenAsync(hydra => hydra.UseSqlite(text), Token));

        Assert.Contains("is a connection string or a URL", thrown.Message, StringComparison.Ordinal);
        Assert.Contains($"UseSqlite(\"{file}\")", thrown.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Options_are_checked_where_they_are_given()
    {
        ArgumentException? thrown = null;
        await using var hydra = await HydraEngine.OpenAsync(
            hydra =>
            {
                thrown = Assert.Throws<ArgumentException>(() => hydra.UseSqlite(
                    new SqliteStoreOptions { Path = File, BusyTimeout = TimeSpan.FromSeconds(-1) }));
                hydra.UseInMemory();
            },
            Token);

        Assert.Contains("BusyTimeout", thrown!.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(9, false)]
    [InlineData(10, true)]
    public async Task A_lock_is_waited_for_no_longer_than_half_the_claim_timeout(int claimTimeout, bool opens)
    {
        var opening = HydraEngine.OpenAsync(
            hydra => hydra
                .UseSqlite(File)
                .AddWorkflow("test", (WorkflowContext _, int _) => Task.FromResult(1))
                .AddWorker(worker => worker with { ClaimTimeout = TimeSpan.FromSeconds(claimTimeout) }),
            Token);
        if (opens)
        {
            await (await opening).DisposeAsync();
            return;
        }

        var thrown = await Assert.ThrowsAsync<ArgumentException>(() => opening);
        Assert.Contains(
            "waits up to 00:00:05 for a lock (its BusyTimeout or LockTimeout), which must be at most half the "
            + "ClaimTimeout (00:00:09)",
            thrown.Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("CREATE TABLE hydra_executions (id INTEGER)", "hydra_executions")]
    [InlineData("CREATE TABLE hydra_schema (name TEXT)", "hydra_schema")]
    [InlineData("CREATE VIEW hydra_schema AS SELECT x FROM gone", "hydra_schema")]
    [InlineData("CREATE TABLE hydra_b (x INTEGER); CREATE VIEW hydra_a AS SELECT 1", "hydra_a, hydra_b")]
    public async Task Tables_of_another_program_under_our_names_are_named_and_left_alone(string sql, string names)
    {
        Execute(sql);

        var error = await Assert.ThrowsAsync<StoreException>(
            () => HydraEngine.OpenAsync(hydra => hydra.UseSqlite(File), Token));

        Assert.Equal(StoreErrorKind.Unavailable, error.Kind);
        Assert.Contains(
            $"of another program in '{File}' under names that Hydra needs for its own: {names}.", error.Message);
        Assert.Equal(
            (long)names.Split(',').Length,
            Execute("SELECT count(*) FROM sqlite_schema WHERE name LIKE 'hydra%'"));
    }

    [Fact]
    public async Task Other_tables_in_the_file_are_left_alone()
    {
        Execute("CREATE TABLE hydrants (id INTEGER); INSERT INTO hydrants VALUES (7)");

        await (await HydraEngine.OpenAsync(hydra => hydra.UseSqlite(File), Token)).DisposeAsync();

        Assert.Equal(7L, Execute("SELECT id FROM hydrants"));
    }

    /// <summary>A look that is no snapshot would take the tables that another is making for a stranger's.</summary>
    [Fact]
    public async Task Many_who_find_a_new_file_at_once_take_nobodys_tables_for_a_strangers()
    {
        for (var round = 0; round < 40; round++)
        {
            var file = Path.Combine(_directory.FullName, $"new{round}.db");
            await Parallel.ForAsync(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (_, token) =>
            {
                await using var store = new SqliteWorkflowStore(
                    new SqliteStoreOptions { Path = file }, "tests", TimeProvider.System);
                await store.MigrateAsync(token);
            });
        }
    }

    [Fact]
    public async Task An_execution_whose_journal_is_gone_is_described_all_the_same()
    {
        await using var hydra = await HydraEngine.OpenAsync(hydra => hydra.UseSqlite(File), Token);
        var handle = await hydra.Client.Workflow<int, int>("elsewhere").StartAsync(1, cancellationToken: Token);
        Execute("DELETE FROM hydra_journal");

        var details = await handle.DescribeAsync(Token);

        Assert.Empty(details.Journal);
        Assert.Equal(ExecutionState.Pending, details.Row.State);
        Assert.Contains("does not begin with the input", ExecutionJson.Format(details), StringComparison.Ordinal);
    }

    private object? Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={File};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }
}
