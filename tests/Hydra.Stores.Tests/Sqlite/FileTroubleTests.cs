using System.Diagnostics;
using Hydra.Sqlite;
using Hydra.Storage;
using Microsoft.Data.Sqlite;

namespace Hydra.Stores.Tests;

/// <summary>
/// The engine over files that cannot be used, or not for a while: what went wrong, why, and what to do.
/// </summary>
public sealed class FileTroubleTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60); // A hang is a failure, and says where.

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("hydra-trouble-");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string File => Path.Combine(_directory.FullName, "trouble.db");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task A_missing_directory_is_named()
    {
        var missing = Path.Combine(_directory.FullName, "no", "such");

        var error = await Assert.ThrowsAsync<StoreException>(() => OpenAsync(Path.Combine(missing, "a.db")));

        Assert.Equal(StoreErrorKind.Unavailable, error.Kind);
        Assert.Contains($"The directory '{missing}' does not exist. Create it", error.Message);
    }

    [Fact]
    public async Task A_directory_is_no_database()
    {
        var error = await Assert.ThrowsAsync<StoreException>(() => OpenAsync(_directory.FullName));

        Assert.Equal(StoreErrorKind.Unavailable, error.Kind);
        Assert.Contains($"'{_directory.FullName}' is a directory", error.Message);
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_left_as_it_is()
    {
        var text = string.Concat(Enumerable.Repeat("Dear diary, ", 1_000));
        await System.IO.File.WriteAllTextAsync(File, text, Token);

        var error = await Assert.ThrowsAsync<StoreException>(() => OpenAsync(File));

        Assert.Equal(StoreErrorKind.Unavailable, error.Kind);
        Assert.Contains($"'{File}' is not a SQLite database", error.Message);
        Assert.Equal(text, await System.IO.File.ReadAllTextAsync(File, Token));
    }

    [Fact]
    public async Task A_schema_of_a_newer_version_is_refused_and_kept()
    {
        await (await OpenAsync(File)).DisposeAsync();
        Execute("INSERT INTO hydra_schema (version, min_library, applied_at) VALUES (99, 98, 0)");

        var error = await Assert.ThrowsAsync<StoreException>(() => OpenAsync(File));

        Assert.Equal(StoreErrorKind.Unavailable, error.Kind);
        Assert.Contains("of version 99, which needs a library of schema version 98", error.Message);
        Assert.Contains("Update Hydra.Sqlite", error.Message);
    }

    [Fact]
    public async Task A_newer_schema_that_this_library_may_still_work_on_is_worked_on()
    {
        await (await OpenAsync(File)).DisposeAsync();
        Execute("INSERT INTO hydra_schema (version, min_library, applied_at) VALUES (99, 1, 0)");

        await using var hydra = await OpenAsync(File);

        Assert.Equal("hello", await (await StartAsync(hydra, "hello")).ResultAsync(Token));
    }

    [Fact]
    public async Task What_a_process_out_of_memory_has_not_written_may_be_written_again()
    {
        await using var store = new SqliteWorkflowStore(
            new SqliteStoreOptions { Path = File }, "default", TimeProvider.System);
        await store.MigrateAsync(Token);
        var mostBytes = int.MaxValue; // More than an array can have: who asks for it is told that there is no memory.
        CommitBatch Gather() =>
            new(SessionId.None, [Make.Start(ExecutionId.Create(1, (UInt128)new byte[mostBytes].Length, 0))]);

        var error = await Assert.ThrowsAsync<StoreException>(() => store.CommitAsync(Gather, Token));
        mostBytes = 1;
        var answer = await store.CommitAsync(Gather, Token);

        Assert.Equal(StoreErrorKind.RolledBack, error.Kind);
        Assert.Contains("ran out of memory", error.Message);
        Assert.Equal(AnswerKind.Started, Assert.Single(answer.Answers).Kind);
    }

    [Fact]
    public async Task A_read_only_file_system_is_named()
    {
        using var mount = TemporaryMount.Create(_directory.FullName);
        await using (var hydra = await OpenAsync(File))
        {
            await (await StartAsync(hydra, "before")).ResultAsync(Token);
        }

        mount.MakeReadOnly();
        var error = await Assert.ThrowsAsync<StoreException>(() => OpenAsync(File));

        Assert.Equal(StoreErrorKind.Unavailable, error.Kind);
        Assert.Contains("read-only", error.Message);
        mount.MakeWritable();
        await using var again = await OpenAsync(File);
        Assert.Single(await again.Client.ListAsync(cancellationToken: Token));
    }

    [Fact]
    public async Task A_full_disk_fails_starts_at_once_loses_nothing_and_is_no_trouble_once_there_is_room()
    {
        using var mount = TemporaryMount.Create(_directory.FullName);
        var ballast = Path.Combine(_directory.FullName, "ballast");
        await System.IO.File.WriteAllBytesAsync(ballast, new byte[1_500_000], Token);
        await using var hydra = await OpenAsync(File);
        var text = new string('x', 50_000);
        var started = new List<ExecutionHandle<int>>();

        var error = await Assert.ThrowsAsync<StoreException>(async () =>
        {
            while (started.Count < 1_000)
            {
                started.Add(await MeasureAsync(hydra, text));
            }
        });

        Assert.Equal(StoreErrorKind.Unavailable, error.Kind);
        Assert.Contains($"The disk of '{File}' is full. Nothing was written. Make room", error.Message);
        Assert.NotEmpty(started);
        System.IO.File.Delete(ballast); // Room for what is to be recorded of all of them, which is little for each.
        foreach (var handle in started)
        {
            Assert.Equal(text.Length, await handle.ResultAsync(Token).WaitAsync(Patience, Token));
        }

        Assert.Equal(4, await (await MeasureAsync(hydra, "more")).ResultAsync(Token).WaitAsync(Patience, Token));
        Assert.Equal(started.Count + 1, (await hydra.Client.ListAsync(cancellationToken: Token)).Count);
    }

    [Fact]
    public async Task A_file_that_is_replaced_while_it_is_open_is_neither_read_nor_written_any_more()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Open files cannot be replaced there.");
        var backup = Path.Combine(_directory.FullName, "backup.db");
        await using (var hydra = await OpenAsync(File))
        {
            await (await StartAsync(hydra, "before")).ResultAsync(Token);
            Execute($"VACUUM INTO '{backup}'");
            System.IO.File.Move(backup, File, overwrite: true);

            var starting = await Assert.ThrowsAsync<StoreException>(() => StartAsync(hydra, "lost"));
            var reading = await Assert.ThrowsAsync<StoreException>(
                () => hydra.Client.ListAsync(cancellationToken: Token));

            Assert.All([starting, reading], error =>
            {
                Assert.Equal(StoreErrorKind.Unavailable, error.Kind);
                Assert.Contains($"'{File}' has been replaced by another one while it was open", error.Message);
                Assert.Contains("Restart this program", error.Message);
            });
        }

        System.IO.File.Delete(File + "-wal");
        System.IO.File.Delete(File + "-shm");
        await using var again = await OpenAsync(File);
        Assert.Single(await again.Client.ListAsync(cancellationToken: Token));
        Assert.Equal("after", await (await StartAsync(again, "after")).ResultAsync(Token));
    }

    [Fact]
    public async Task A_file_that_is_moved_away_is_missed_and_goes_on_when_it_is_back()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Open files cannot be moved there.");
        var elsewhere = Path.Combine(_directory.FullName, "elsewhere.db");
        await using var hydra = await OpenAsync(File);
        await (await StartAsync(hydra, "before")).ResultAsync(Token);
        System.IO.File.Move(File, elsewhere);

        var error = await Assert.ThrowsAsync<StoreException>(() => StartAsync(hydra, "lost"));
        System.IO.File.Move(elsewhere, File);

        Assert.Equal(StoreErrorKind.Unavailable, error.Kind);
        Assert.Contains($"'{File}' has been removed or renamed while it was open. Nothing was written", error.Message);
        Assert.Equal("after", await (await StartAsync(hydra, "after")).ResultAsync(Token));
        Assert.Equal(2, (await hydra.Client.ListAsync(cancellationToken: Token)).Count);
    }

    [Theory]
    [InlineData("-wal")]
    [InlineData("-shm")]
    public async Task A_log_that_is_replaced_while_it_is_open_is_neither_read_nor_written_any_more(string suffix)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Elsewhere only a missing log is noticed.");
        await using var hydra = await OpenAsync(File);
        await (await StartAsync(hydra, "before")).ResultAsync(Token);
        var other = Path.Combine(_directory.FullName, "other");
        await System.IO.File.WriteAllTextAsync(other, "", Token);
        System.IO.File.Move(other, File + suffix, overwrite: true);

        var starting = await Assert.ThrowsAsync<StoreException>(() => StartAsync(hydra, "lost"));
        var reading = await Assert.ThrowsAsync<StoreException>(() => hydra.Client.ListAsync(cancellationToken: Token));

        Assert.All([starting, reading], error =>
        {
            Assert.Equal(StoreErrorKind.Unavailable, error.Kind);
            Assert.Contains("has been replaced by another one while the database was open", error.Message);
        });
    }

    [Fact]
    public async Task A_foreign_lock_holds_up_a_shutdown_no_longer_than_its_grace_and_two_seconds()
    {
        var body = new TaskCompletionSource();
        var hydra = await HydraEngine.OpenAsync(
            hydra =>
            {
                hydra.UseSqlite(File);
                hydra.AddWorkflow("wait", (WorkflowContext context, int _) => context.StepAsync("wait", async token =>
                {
                    body.TrySetResult();
                    await Task.Delay(Timeout.Infinite, token);
                }));
                hydra.AddWorker(worker => worker with { ShutdownGrace = TimeSpan.FromSeconds(1) });
            },
            Token);
        await hydra.Client.Workflow<int, Nothing>("wait").StartAsync(0, cancellationToken: Token);
        await body.Task;
        using var other = new SqliteConnection($"Data Source={File};Pooling=False");
        other.Open();
        using var transaction = other.BeginTransaction();

        var begun = Stopwatch.GetTimestamp();
        await hydra.DisposeAsync();

        // A second more for a busy machine; without the bound it would be some thirty.
        Assert.InRange(Stopwatch.GetElapsedTime(begun), TimeSpan.Zero, TimeSpan.FromSeconds(4));
    }

    private static Task<HydraEngine> OpenAsync(string path) => HydraEngine.OpenAsync(
        hydra =>
        {
            hydra.UseSqlite(path);
            hydra.AddWorkflow("echo", async (WorkflowContext context, string text) =>
                await context.StepAsync("echo", text, static (text, _) => Task.FromResult(text)));
            hydra.AddWorkflow("measure", async (WorkflowContext context, string text) =>
                await context.StepAsync("measure", text.Length, static (length, _) => Task.FromResult(length)));
            hydra.AddWorker();
        },
        Token);

    private static Task<ExecutionHandle<string>> StartAsync(HydraEngine hydra, string text) =>
        hydra.Client.Workflow<string, string>("echo").StartAsync(text, cancellationToken: Token);

    private static Task<ExecutionHandle<int>> MeasureAsync(HydraEngine hydra, string text) =>
        hydra.Client.Workflow<string, int>("measure").StartAsync(text, cancellationToken: Token);

    private void Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={File};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
