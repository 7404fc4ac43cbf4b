using System.Diagnostics;
using Hydra.Sqlite;
using Hydra.Sqlite.Connections;
using Hydra.Sqlite.Writing;
using Hydra.Storage;
using Microsoft.Data.Sqlite;

namespace Hydra.Stores.Tests;

/// <summary>What the one thread that writes does when something goes wrong around it.</summary>
public sealed class WriterThreadTests : IDisposable
{
    private static readonly TimeSpan Busy = TimeSpan.FromMilliseconds(500);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("hydra-writer-");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string File => Path.Combine(_directory.FullName, "writer.db");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task Those_who_were_in_a_batch_with_a_bad_one_wait_for_a_lock_once_and_not_one_after_the_other()
    {
        var options = new SqliteStoreOptions { Path = File, BusyTimeout = Busy };
        await using (var store = new SqliteWorkflowStore(options, "default", TimeProvider.System))
        {
            await store.MigrateAsync(Token);
        }

        var writer = new WriterThread(new ConnectionFactory(options), new StoreClock(TimeProvider.System), "default");
        using var stranger = new SqliteConnection($"Data Source={File};Pooling=False");
        stranger.Open();
        SqliteTransaction? held = null;
        using var gate = new ManualResetEventSlim();
        using var begins = new ManualResetEventSlim();
        var first = writer.RunAsync(_ => Wait(begins, gate), urgent: false, Token); // Meanwhile the others queue up.
        begins.Wait(Token);
        var bad = writer.RunAsync<int>(
            transitions =>
            {
                transitions.Connection.Rollback();
                held ??= stranger.BeginTransaction(); // It has the write lock from here on.
                throw new FormatException("A mistake.");
            },
            urgent: false,
            Token);
        var others = Enumerable.Range(0, 10)
            .Select(number => writer.RunAsync(_ => number, urgent: false, Token)).ToList();
        gate.Set();
        await first;

        var begun = Stopwatch.GetTimestamp();
        var errors = new List<StoreException>();
        foreach (var one in others.Prepend(bad))
        {
            errors.Add(await Assert.ThrowsAsync<StoreException>(() => one));
        }

        Assert.All(errors, error => Assert.Equal(StoreErrorKind.NotSent, error.Kind));
        Assert.InRange(Stopwatch.GetElapsedTime(begun), TimeSpan.Zero, 5 * Busy);
        held!.Dispose();
        Assert.Equal(7, await writer.RunAsync(_ => 7, urgent: false, Token));
        await writer.StopAsync();
    }

    [Fact]
    public void A_copy_of_the_log_that_breaks_does_not_fail_whoever_closes_the_file()
    {
        using var writer = new Connection(File, create: true);
        writer.Query("PRAGMA journal_mode = WAL");
        writer.Execute("CREATE TABLE t (x BLOB); INSERT INTO t VALUES (zeroblob(100000))");
        var tried = false;
        var checkpointer = new Checkpointer(
            () =>
            {
                tried = true;
                throw new InvalidOperationException("As if there were no memory.");
            },
            pages: 1);

        checkpointer.AfterCommit(writer);
        checkpointer.Dispose();

        Assert.True(tried);
    }

    private static int Wait(ManualResetEventSlim begins, ManualResetEventSlim gate)
    {
        begins.Set();
        gate.Wait(Token);
        return 0;
    }
}
