using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace Hydra.Stores.Tests;

public sealed class SqliteTransactionStepTests : TransactionStepTests
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("hydra-tests-");

    private string File => Path.Combine(_directory.FullName, "tests.db");

    /// <summary>The driver passes tokens over, and the file has one write lock.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_statement_that_takes_for_ever_is_interrupted_when_the_time_of_its_step_is_up(bool passesOver)
    {
        await using var engine = await HydraEngine.OpenAsync(
            hydra => hydra
                .UseSqlite(File)
                .AddWorkflow<int, int>("stuck", (context, number) => context.TransactionAsync(
                    "write",
                    number,
                    (transaction, _, _) => RunForEver((SqliteTransaction)transaction, passesOver),
                    new() { Timeout = TimeSpan.FromMilliseconds(200), Retry = new() { MaxAttempts = 1 } }))
                .AddWorkflow<int, int>("plain", (context, number) => context.TransactionAsync(
                    "write", number, (_, value, _) => Task.FromResult(value + 1)))
                .AddWorker(),
            Token);
        var client = engine.Client;

        var stuck = await client.Workflow<int, int>("stuck").StartAsync(1, new() { MaxAttempts = 1 }, Token);
        var failed = await Assert.ThrowsAsync<WorkflowFailedException>(() => stuck.ResultAsync(Token));
        var next = await (await client.Workflow<int, int>("plain").StartAsync(1, cancellationToken: Token))
            .ResultAsync(Token);

        Assert.Contains("did not end within 00:00:00.2", failed.Message, StringComparison.Ordinal);
        Assert.Equal(2, next);
    }

    private static Task<int> RunForEver(SqliteTransaction transaction, bool passesOver)
    {
        using var command = transaction.Connection!.CreateCommand();
        command.Transaction = transaction;
        command.CommandText =
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n WHERE i < 0";
        for (var again = passesOver; ; again = false)
        {
            try
            {
                command.ExecuteNonQuery();
            }
            catch (SqliteException) when (again)
            {
                // As a body that takes every error for one of its own.
            }
        }
    }

    protected override void Use(HydraBuilder hydra) => hydra.UseSqlite(File);

    protected override DbDataSource Own() => SourceOf(File);

    protected override DbDataSource Elsewhere() => SourceOf(Path.Combine(_directory.FullName, "other.db"));

    protected override string Forget(ExecutionId id) =>
        $"UPDATE hydra_executions SET owner = 0, state = 0, epoch = epoch + 1 "
        + $"WHERE id = x'{Convert.ToHexString(id.ToByteArray())}'";

    protected override Task DropAsync()
    {
        _directory.Delete(recursive: true);
        return Task.CompletedTask;
    }

    private static DbDataSource SourceOf(string file) =>
        SqliteFactory.Instance.CreateDataSource($"Data Source={file};Pooling=false");
}
