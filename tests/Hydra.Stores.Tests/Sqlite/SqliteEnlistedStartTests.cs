using System.Data.Common;
using System.Transactions;
using Microsoft.Data.Sqlite;

namespace Hydra.Stores.Tests;

public sealed class SqliteEnlistedStartTests : EnlistedStartTests
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("hydra-tests-");

    private string File => Path.Combine(_directory.FullName, "tests.db");

    protected override Type ExpectedType => typeof(SqliteTransaction);

    /// <summary>As people do who begin a transaction without meaning to write.</summary>
    [Fact]
    public async Task A_transaction_that_has_not_written_yet_takes_the_lock_then()
    {
        await using var engine = await HydraEngine.OpenAsync(Use, TestContext.Current.CancellationToken);
        await using var connection = (SqliteConnection)await ConnectAsync();
        await using var transaction = connection.BeginTransaction(deferred: true);

        var handle = await engine.Client.In(transaction).Workflow<int, int>("other").StartAsync(
            1, cancellationToken: TestContext.Current.CancellationToken);
        await transaction.CommitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(ExecutionState.Pending, (await handle.StatusAsync(TestContext.Current.CancellationToken)).State);
    }

    /// <summary>SQLite would not commit both files as one.</summary>
    [Fact]
    public async Task A_connection_to_which_another_file_is_attached_is_refused()
    {
        var token = TestContext.Current.CancellationToken;
        await using var engine = await HydraEngine.OpenAsync(Use, token);
        await using var connection = await ConnectElsewhereAsync();
        await using (var attach = connection.CreateCommand())
        {
            attach.CommandText = $"CREATE TABLE t (x); ATTACH '{File}' AS hydra";
            await attach.ExecuteNonQueryAsync(token);
        }

        await using var from = await connection.BeginTransactionAsync(token);
        var refused = await Assert.ThrowsAsync<ArgumentException>(
            () => engine.Client.In(from).Workflow<int, int>("other").StartAsync(1, cancellationToken: token));
        Assert.Contains("not where the engine keeps", refused.Message, StringComparison.Ordinal);

        await using var own = await ConnectAsync();
        await using (var attach = own.CreateCommand())
        {
            attach.CommandText = $"ATTACH '{Path.Combine(_directory.FullName, "other.db")}' AS other";
            await attach.ExecuteNonQueryAsync(token);
        }

        await from.DisposeAsync();
        await using var with = await own.BeginTransactionAsync(token);
        refused = await Assert.ThrowsAsync<ArgumentException>(
            () => engine.Client.In(with).Workflow<int, int>("other").StartAsync(1, cancellationToken: token));
        Assert.Contains("Another file is attached", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_transaction_that_has_read_too_early_is_told_to_begin_anew()
    {
        var token = TestContext.Current.CancellationToken;
        await using var engine = await HydraEngine.OpenAsync(Use, token);
        await using var connection = (SqliteConnection)await ConnectAsync();
        connection.DefaultTimeout = 1; // For so long the driver tries again, in vain.
        await using var transaction = connection.BeginTransaction(deferred: true);
        await using var read = connection.CreateCommand();
        read.CommandText = "SELECT count(*) FROM hydra_executions";
        read.Transaction = transaction;
        await read.ExecuteScalarAsync(token);
        await engine.Client.Workflow<int, int>("other").StartAsync(1, cancellationToken: token);

        var late = await Assert.ThrowsAsync<StoreException>(
            () => engine.Client.In(transaction).Workflow<int, int>("other").StartAsync(2, cancellationToken: token));

        Assert.Contains("Begin it anew", late.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_scope_is_refused_because_the_driver_knows_none()
    {
        await using var engine = await HydraEngine.OpenAsync(Use, TestContext.Current.CancellationToken);
        await using var connection = await ConnectAsync();
        using var scope = new TransactionScope(TransactionScopeAsyncFlowOption.Enabled);

        var refused = Assert.Throws<NotSupportedException>(() => engine.Client.In(connection));

        Assert.Contains("begin one over the connection", refused.Message, StringComparison.Ordinal);
    }

    protected override bool HasScopes => false;

    protected override void Use(HydraBuilder hydra) => hydra.UseSqlite(File);

    protected override Task<DbConnection> ConnectAsync() => ConnectAsync(File);

    protected override Task<DbConnection> ConnectElsewhereAsync() =>
        ConnectAsync(Path.Combine(_directory.FullName, "other.db"));

    protected override Task DropAsync()
    {
        _directory.Delete(recursive: true);
        return Task.CompletedTask;
    }

    private static async Task<DbConnection> ConnectAsync(string file)
    {
        var connection = new SqliteConnection($"Data Source={file};Pooling=false");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        return connection;
    }
}
