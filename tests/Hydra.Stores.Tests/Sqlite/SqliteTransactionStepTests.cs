using System.Data.Common;
using Hydra.Storage;
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

    [Fact]
    public async Task A_body_that_passes_its_token_over_keeps_the_write_lock_no_longer_than_its_time()
    {
        var written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var ends = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var engine = await HydraEngine.OpenAsync(
            hydra => hydra
                .UseSqlite(File)
                .AddWorkflow<int, int>("stuck", (context, number) => context.TransactionAsync(
                    "write",
                    number,
                    async (transaction, _, _) =>
                    {
                        await using var command = transaction.Connection!.CreateCommand();
                        command.Transaction = transaction;
                        command.CommandText = "CREATE TABLE left_behind (number INT)";
                        command.ExecuteNonQuery();
                        written.SetResult();
                        await ends.Task;
                        return command.ExecuteNonQuery();
                    },
                    new() { Timeout = TimeSpan.FromMilliseconds(200), Retry = new() { MaxAttempts = 1 } }))
                .AddWorkflow<int, int>("plain", (context, number) => context.StepAsync(
                    "one", number, (value, _) => Task.FromResult(value + 1)))
                .AddWorker(),
            Token);
        var stuck = await engine.Client.Workflow<int, int>("stuck").StartAsync(1, new() { MaxAttempts = 1 }, Token);
        await written.Task.WaitAsync(Token);

        var plain = await engine.Client.Workflow<int, int>("plain").StartAsync(1, cancellationToken: Token);
        Assert.Equal(2, await plain.ResultAsync(Token));
        ends.SetResult();

        var failed = await Assert.ThrowsAsync<WorkflowFailedException>(() => stuck.ResultAsync(Token));
        Assert.Contains("did not end within 00:00:00.2", failed.Message, StringComparison.Ordinal);
        await using var own = Own();
        await using var look = own.CreateCommand("SELECT count(*) FROM sqlite_master WHERE name = 'left_behind'");
        Assert.Equal(0L, await look.ExecuteScalarAsync(Token));
    }

    /// <summary>
    /// The driver runs what is left of a command whose first statement was cut off, and a statement that it has let
    /// pass, behind the rollback: both would be committed by themselves.
    /// </summary>
    [Theory]
    [InlineData(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n WHERE i < 0; "
        + "INSERT INTO {0} VALUES (1)",
        1)]
    [InlineData("INSERT INTO {0} VALUES (1)", 30)]
    public async Task Nothing_is_committed_behind_the_end_of_the_time(string text, int times)
    {
        await using var engine = await HydraEngine.OpenAsync(
            hydra => hydra
                .UseSqlite(File)
                .AddWorkflow<int, int>("writes", (context, number) => context.TransactionAsync(
                    "write",
                    number,
                    (transaction, _, _) => WriteForEver(transaction, text.Replace("{0}", Table)),
                    new() { Timeout = TimeSpan.FromMilliseconds(20), Retry = new() { MaxAttempts = 1 } }))
                .AddWorker(),
            Token);

        for (var i = 0; i < times; i++)
        {
            var handle = await engine.Client.Workflow<int, int>("writes")
                .StartAsync(1, new() { MaxAttempts = 1 }, Token);
            await Assert.ThrowsAsync<WorkflowFailedException>(() => handle.ResultAsync(Token));
        }

        Assert.Equal(0, await CountAsync());
    }

    /// <summary>The file has one write lock. Waiting for it is no try of the step and takes none of its time.</summary>
    [Fact]
    public async Task A_transaction_that_cannot_begin_because_of_another_one_begins_later()
    {
        await using var stranger = await ConnectAsync();
        SqliteTransaction? hold = null;
        await using var source = new HeardSource($"{Address};Default Timeout=1", opened =>
        {
            if (opened == 2)
            {
                hold!.Rollback();
            }
        });

        var result = await RunAsync((context, number) =>
        {
            hold = stranger.BeginTransaction();
            return context.TransactionAsync("write", number, WriteAsync, Once with { DataSource = source });
        });

        Assert.Equal((2, 1, 1), (result, Bodies, await CountAsync()));
        Assert.Equal(2, source.Opened);
    }

    /// <summary>A deferred transaction has read, then another one writes: it can no longer write itself.</summary>
    [Fact]
    public async Task A_transaction_that_has_read_what_is_out_of_date_begins_anew()
    {
        var begun = 0;

        var result = await RunAsync((context, number) => context.TransactionAsync<CutTransaction, int, int>(
            "write",
            number,
            async (_, token) =>
            {
                var connection = await ConnectAsync();
                var deferred = connection.BeginTransaction(deferred: true);
                if (++begun == 1)
                {
                    await AskAsync(deferred, $"SELECT count(*) FROM {Table}", token);
                    await ExecuteAsync($"INSERT INTO {Table} (number) VALUES (100)");
                }

                return new CutTransaction(
                    new ConnectionTransaction(connection, deferred), committed: true, cuts: false);
            },
            (transaction, value, token) => WriteAsync(transaction.Transaction, value, token),
            Once));

        Assert.Equal((2, 2, 1, 2), (result, begun, Bodies, await CountAsync()));
    }

    private static Task<int> WriteForEver(DbTransaction transaction, string text)
    {
        using var command = transaction.Connection!.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = text;
        while (true)
        {
            command.ExecuteNonQuery();
        }
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

    protected override string RefuseBars => """
        CREATE TRIGGER no_bars BEFORE INSERT ON hydra_attempts WHEN NEW.phase = 5 AND NEW.failure IS NOT NULL
        BEGIN SELECT RAISE(ABORT, 'no_bars'); END
        """;

    protected override string AllowBars => "DROP TRIGGER no_bars";

    protected override Task DropAsync()
    {
        _directory.Delete(recursive: true);
        return Task.CompletedTask;
    }

    private string Address => $"Data Source={File};Pooling=false";

    private async Task<SqliteConnection> ConnectAsync()
    {
        var connection = new SqliteConnection($"{Address};Default Timeout=1");
        await connection.OpenAsync(Token);
        return connection;
    }

    private static DbDataSource SourceOf(string file) =>
        SqliteFactory.Instance.CreateDataSource($"Data Source={file};Pooling=false");

    /// <summary>Tells of each connection that it is about to open, the first being 1.</summary>
    private sealed class HeardSource(string connectionString, Action<int> opening) : DbDataSource
    {
        public int Opened { get; private set; }

        public override string ConnectionString => connectionString;

        protected override DbConnection CreateDbConnection()
        {
            opening(++Opened);
            return new SqliteConnection(connectionString);
        }
    }
}
