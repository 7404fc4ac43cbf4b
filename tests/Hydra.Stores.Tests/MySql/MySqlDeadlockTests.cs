using System.Globalization;
using Hydra.MySql;
using MySqlConnector;

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

    /// <summary>
    /// Keys that are given back by an error have those who wait for them deadlock. Whatever fails in the middle of a
    /// batch, it is one that is committed again by those who start executions, and the keys come out right.
    /// </summary>
    [Theory]
    [InlineData(1205, "HY000")] // A lock that was waited for too long.
    [InlineData(1213, "40001")] // A deadlock.
    [InlineData(1317, "70100")] // Somebody has ended the statement.
    public async Task Keys_that_are_given_back_by_an_error_are_started_all_the_same(int error, string state)
    {
        var prefix = $"given{error}_";
        await using var store = Open();
        await store.MigrateAsync(TestContext.Current.CancellationToken);
        await MySqlServer.ExecuteAsync(
            $"""
            CREATE TRIGGER {prefix}fails BEFORE INSERT ON {prefix}start_keys FOR EACH ROW
            BEGIN
              SET @planted = COALESCE(@planted, 0) + 1;
              IF @planted % 23 = 0 THEN SIGNAL SQLSTATE '{state}' SET MYSQL_ERRNO = {error}; END IF;
            END
            """,
            server.ConnectionString + ";Allow User Variables=true");
        var storm = new KeyStorm(Open, Random.Shared.Next()) { IsPlanted = true };

        output.WriteLine(await storm.RunAsync());

        Assert.True(storm.Undone > 0);

        MySqlWorkflowStore Open() => new(
            server.ConnectionString, new MySqlStoreOptions { TablePrefix = prefix }, "tests");
    }

    [Fact]
    public async Task Keys_of_connections_that_are_ended_are_started_all_the_same()
    {
        await using var store = Open();
        await store.MigrateAsync(TestContext.Current.CancellationToken);
        var storm = new KeyStorm(Open, Random.Shared.Next()) { IsPlanted = true };

        var running = storm.RunAsync();
        for (var ended = 0; ended < 50 && !running.IsCompleted;)
        {
            ended += await EndOneAsync() ? 1 : 0;
        }

        output.WriteLine(await running);
        Assert.True(storm.Undone > 0);

        MySqlWorkflowStore Open() => new(
            server.ConnectionString, new MySqlStoreOptions { TablePrefix = "ended_" }, "tests");
    }

    /// <summary>Ends the connection of one that has keys, or waits for them, if there is one.</summary>
    private async Task<bool> EndOneAsync()
    {
        var id = await MySqlServer.AskAsync(
            "SELECT id FROM information_schema.processlist WHERE info LIKE '%INTO ended_start_keys%' "
            + "AND id <> CONNECTION_ID() ORDER BY RAND() LIMIT 1",
            server.ConnectionString);
        try
        {
            if (id is not null)
            {
                await MySqlServer.ExecuteAsync($"KILL CONNECTION {id}", server.ConnectionString);
            }

            return id is not null;
        }
        catch (MySqlException gone) when (gone.ErrorCode == MySqlErrorCode.NoSuchThread)
        {
            return false;
        }
    }

    private async Task<long> CountAsync() => Convert.ToInt64(
        await MySqlServer.AskAsync(Counted, server.ConnectionString), CultureInfo.InvariantCulture);
}
