using System.Diagnostics;
using Hydra.Soak.Support;
using Hydra.Storage;
using Microsoft.Data.Sqlite;

namespace Hydra.Soak;

/// <summary>
/// Workers at work while their file cannot be used: they say why, acknowledge nothing that is not kept, and go on by
/// themselves once it can be used again.
/// </summary>
[Collection(nameof(Alone))]
public sealed class FileFaultTests : IDisposable
{
    private static readonly bool Full = Environment.GetEnvironmentVariable("HYDRA_FULL") == "1";

    // Several times the claim timeout of two seconds: long enough for everybody to look dead to everybody.
    private static readonly TimeSpan Outage = TimeSpan.FromSeconds(Full ? 30 : 6);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("hydra-faults-");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Database => Path.Combine(_directory.FullName, "hydra.db");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task A_full_disk_is_told_of_and_forgotten_once_there_is_room()
    {
        using var mount = Mount.Create(_directory.FullName, megabytes: 12);
        var ballast = Path.Combine(mount.Path, "ballast");
        await File.WriteAllBytesAsync(ballast, new byte[6 * 1024 * 1024], Cancellation);
        await using var household = await Household.OpenAsync(Path.Combine(mount.Path, "hydra.db"));

        var refused = await household.StartUntilRefusedAsync(characters: 20_000);
        await OutageAsync();
        var again = await household.StartUntilRefusedAsync(characters: 20_000);

        Assert.All([refused, again], error => Assert.Equal(StoreErrorKind.Unavailable, error.Kind));
        Assert.Contains("is full. Nothing was written. Make room", refused.Message);
        File.Delete(ballast);
        await household.StartAsync();
        await household.AssertNothingHappenedAsync();
    }

    [Fact]
    public async Task A_file_system_that_turns_read_only_is_told_of_and_forgotten_once_it_can_be_written_again()
    {
        await using var household = await Household.OpenAsync(Database);
        await StartManyAsync(household);
        StoreException refused;
        await using (await ReadOnlyFault.BeginAsync(Database))
        {
            refused = await household.StartUntilRefusedAsync();
            await OutageAsync();
        }

        Assert.Equal(StoreErrorKind.InDoubt, refused.Kind); // What was not written to its end may still count.
        Assert.Contains("Whether it was written is unknown", refused.Message);
        await household.StartAsync();
        await household.AssertNothingIsLostAsync();
    }

    [Fact]
    public async Task A_file_that_is_moved_away_is_missed_and_work_goes_on_once_it_is_back()
    {
        await using var household = await Household.OpenAsync(Database);
        await StartManyAsync(household);

        Move("", ".away");
        var refused = await household.StartUntilRefusedAsync();
        await OutageAsync();

        Assert.Equal(StoreErrorKind.Unavailable, refused.Kind);
        Assert.Matches("has been removed or renamed|There is no database", refused.Message);
        Move(".away", "");
        await household.StartAsync();
        await household.AssertNothingHappenedAsync();
    }

    [Fact]
    public async Task A_file_that_is_replaced_by_another_is_written_to_no_more_until_the_program_starts_again()
    {
        await using (var household = await Household.OpenAsync(Database))
        {
            await (await household.StartAsync()).ResultAsync(Cancellation);
            foreach (var file in _directory.GetFiles())
            {
                file.Delete();
            }

            await using var other = await HydraEngine.OpenAsync(hydra => hydra.UseSqlite(Database), Cancellation);
            var refused = await household.StartUntilRefusedAsync();

            Assert.Equal(StoreErrorKind.Unavailable, refused.Kind);
            Assert.Contains("has been replaced by another one", refused.Message);
            Assert.Empty(await other.Client.ListAsync(cancellationToken: Cancellation));
            Assert.Empty(await other.Client.WorkersAsync(Cancellation));
        }

        await using var again = await Household.OpenAsync(Database);
        await again.StartAsync();
        await again.AssertNothingHappenedAsync();
    }

    [Fact]
    public async Task A_foreign_lock_longer_than_every_lease_loses_nothing_and_nobody()
    {
        await using var household = await Household.OpenAsync(Database);
        await StartManyAsync(household);
        StoreException refused;
        await using (var foreign = new SqliteConnection($"Data Source={Database};Pooling=False"))
        {
            await foreign.OpenAsync(Cancellation);
            await using var transaction = foreign.BeginTransaction(); // BEGIN IMMEDIATE: the one write lock.

            refused = await household.StartUntilRefusedAsync();
            await OutageAsync();
        }

        Assert.Equal(StoreErrorKind.NotSent, refused.Kind);
        Assert.Contains("Another process has held the write lock", refused.Message);
        await household.StartAsync();
        await household.AssertNothingHappenedAsync();
    }

    [Fact]
    public async Task A_reader_that_stays_makes_the_log_grow_and_it_shrinks_when_the_reader_is_gone()
    {
        const long Limit = 64 * 1024 * 1024; // journal_size_limit of the writer.
        const int Large = 1_500_000;
        await using var household = await Household.OpenAsync(Database);
        var log = new FileInfo(Database + "-wal");
        long Length()
        {
            log.Refresh();
            return log.Length;
        }

        await using (var reader = new SqliteConnection($"Data Source={Database};Pooling=False"))
        {
            await reader.OpenAsync(Cancellation);
            await using var transaction = reader.BeginTransaction(deferred: true);
            await using var command = reader.CreateCommand();
            command.CommandText = "SELECT count(*) FROM hydra_executions";
            await command.ExecuteScalarAsync(Cancellation); // From here on it holds its place in the log.

            await Eventually.HoldsAsync("The log has outgrown its limit", async () =>
            {
                await household.StartAsync(Large);
                return Length() > Limit * 3 / 2;
            });
        }

        await Eventually.HoldsAsync("The log has shrunk", async () =>
        {
            await household.StartAsync(Large);
            return Length() <= Limit;
        });
        await household.AssertNothingHappenedAsync();
    }

    private static async Task StartManyAsync(Household household) =>
        await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => household.StartAsync()));

    private static Task OutageAsync()
    {
        var begun = Stopwatch.GetTimestamp();
        return Eventually.HoldsAsync(
            "The outage is over", () => Stopwatch.GetElapsedTime(begun) > Outage, Outage.TotalSeconds * 2);
    }

    private void Move(string from, string to)
    {
        foreach (var suffix in (string[])["", "-wal", "-shm"])
        {
            if (File.Exists(Database + suffix + from))
            {
                File.Move(Database + suffix + from, Database + suffix + to);
            }
        }
    }
}
