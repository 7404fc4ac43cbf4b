using System.Data.Common;
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
