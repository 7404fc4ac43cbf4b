using Hydra.PostgreSql;
using Hydra.PostgreSql.Connections;
using Hydra.Storage;
using Npgsql;

namespace Hydra.Stores.Tests;

/// <summary>What a database must be like for the store to work on it, and what is told when it is not.</summary>
public sealed class PostgreSqlOpeningTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Otherwise names that it cannot hold would be refused once their bodies had run.</summary>
    [Theory]
    [InlineData("LATIN1")]
    [InlineData("SQL_ASCII")]
    public async Task A_database_that_cannot_hold_all_text_is_told_at_once(string encoding)
    {
        await using var database = await PostgreSqlDatabase.CreateAsync(
            $"ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
        await using var store = Open(database);

        var error = await Assert.ThrowsAsync<StoreException>(() => store.MigrateAsync(Token));

        Assert.Equal(StoreErrorKind.Unavailable, error.Kind);
        Assert.Contains(encoding, error.Message, StringComparison.Ordinal);
        Assert.Contains("UTF8", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(110_022, "11.22")]
    [InlineData(90_624, "9.6.24")]
    public void A_server_that_is_too_old_is_told_at_once(int number, string version)
    {
        var error = Assert.Throws<StoreException>(() => ServerSettings.Check(number, "UTF8", isReadOnly: false));

        ServerSettings.Check(120_000, "UTF8", isReadOnly: false);
        Assert.Equal(StoreErrorKind.Unavailable, error.Kind);
        Assert.Contains($"version {version}", error.Message, StringComparison.Ordinal);
        Assert.Contains("12 or later", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("standard_conforming_strings", "off")]
    [InlineData("default_transaction_isolation", "serializable")]
    [InlineData("statement_timeout", "10000")]
    [InlineData("search_path", "nowhere")]
    public async Task A_store_works_whatever_the_defaults_of_its_database_are(string parameter, string value)
    {
        await using var database = await PostgreSqlDatabase.CreateAsync();
        await database.SetAsync(parameter, value);
        await using var store = Open(database);

        await store.MigrateAsync(Token);
        await PostgreSqlServer.ExecuteAsync(PostgreSqlScripts.Schema("by_hand"), database.ConnectionString);

        var start = Make.Start(ExecutionId.Create(1_800_000_000_000, 7, 1));
        await store.CommitAsync(new CommitBatch(SessionId.None, [start]), Token);
        Assert.Equal("pending", await PostgreSqlServer.AskAsync(
            "SELECT state FROM hydra.executions_text", database.ConnectionString));
        Assert.Equal("noWorker", await PostgreSqlServer.AskAsync(
            "SELECT reason FROM hydra.why_not_running", database.ConnectionString));
    }

    /// <summary>Somebody's LOCK TABLE must not keep every process that starts from saying so.</summary>
    [Fact]
    public async Task Opening_waits_for_no_lock_for_ever()
    {
        await using var database = await PostgreSqlDatabase.CreateAsync();
        await using var store = Open(database);
        await store.MigrateAsync(Token);
        await using var stranger = await PostgreSqlServer.ConnectAsync(database.ConnectionString);
        await using var transaction = await stranger.BeginTransactionAsync(Token);
        await using var hold = new NpgsqlCommand("LOCK TABLE hydra.schema_versions", stranger, transaction);
        await hold.ExecuteNonQueryAsync(Token);

        var verifying = await Assert.ThrowsAsync<StoreException>(() => EndsAsync(store.VerifyAsync(Token)));
        var migrating = await Assert.ThrowsAsync<StoreException>(() => EndsAsync(store.MigrateAsync(Token)));

        Assert.All([verifying, migrating], static error => Assert.Matches("55P03|57014", error.Message));
    }

    /// <summary>What another is creating at that moment cannot be seen yet, only waited for.</summary>
    [Fact]
    public async Task Creating_the_first_table_waits_for_no_stranger_for_ever()
    {
        await using var database = await PostgreSqlDatabase.CreateAsync();
        await using var store = Open(database);
        await using var stranger = await PostgreSqlServer.ConnectAsync(database.ConnectionString);
        await using var transaction = await stranger.BeginTransactionAsync(Token);
        await using var create = new NpgsqlCommand(
            "CREATE SCHEMA hydra; CREATE TABLE hydra.schema_versions (name text)", stranger, transaction);
        await create.ExecuteNonQueryAsync(Token);

        var error = await Assert.ThrowsAsync<StoreException>(() => EndsAsync(store.MigrateAsync(Token)));

        Assert.Matches("55P03|57014", error.Message);
    }

    private static Task EndsAsync(Task opening) => opening.WaitAsync(TimeSpan.FromSeconds(30), Token);

    private static PostgreSqlWorkflowStore Open(PostgreSqlDatabase database) => new(
        database.ConnectionString,
        new PostgreSqlStoreOptions
        {
            Listen = false,
            CommandTimeout = TimeSpan.FromSeconds(2),
            LockTimeout = TimeSpan.FromSeconds(1),
        },
        "tests");
}
