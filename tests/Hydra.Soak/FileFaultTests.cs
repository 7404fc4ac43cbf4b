using System.Diagnostics;
using Hydra.Soak.Support;
using Hydra.Storage;
using Microsoft.Data.Sqlite;

namespace Hydra.Soak;

/// <summary>
/// Workers at work while their file cannot be used: they say why, acknowledge nothing that is not kept, and go on by
/// themselves once it can be used again.
/// </summary>
public sealed class FileFaultTests : IDisposable
{
    private static readonly bool Full = Environment.GetEnvironmentVariable("HYDRA_FULL") == "1";

    // Several times the claim timeout of two seconds: long enough for everybody to look dead to everybody.
    private static readonly TimeSpan Outage = TimeSpan.FromSeconds(Full ? 30 : 6);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("hydra-faults-");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Signal => Path.Combine(_directory.FullName, "signal");

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

    [Theory]
    [InlineData("-wal")]
    [InlineData("-shm")]
    [InlineData("-wal", "-shm")]
    public async Task A_log_that_is_removed_is_noticed_and_what_was_acknowledged_before_survives_a_kill(
        params string[] removed)
    {
        await (await HydraEngine.OpenAsync(hydra => hydra.UseSqlite(Database), Cancellation)).DisposeAsync();
        await using var victim = ProgramProcess.Start(
            Programs.Victim, _directory.FullName, ["start", Database, Signal]);
        await Eventually.HoldsAsync("20 are started", () => victim.HasExited || victim.Output.Contains("ready\n"));

        foreach (var suffix in removed)
        {
            File.Delete(Database + suffix);
        }

        await File.WriteAllTextAsync(Signal, "", Cancellation);
        await Eventually.HoldsAsync("It has heard", () => victim.HasExited || victim.Output.Contains("done\n"));
        victim.Kill();
        await victim.ExitAsync();

        var told = victim.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var kept = told.Where(line => line.StartsWith("kept ", StringComparison.Ordinal))
            .Select(line => line["kept ".Length..]).ToList();
        var refused = told.Where(line => line.StartsWith("refused ", StringComparison.Ordinal)).ToList();
        Assert.Equal(Enumerable.Range(0, 20).Select(number => $"before-{number}"), kept);
        Assert.Equal(5, refused.Count);
        Assert.All(refused, line =>
        {
            // What is asked for while another start is being refused is refused along with it.
            Assert.Matches(" Unavailable (Nothing was written, because .* cannot be[.] )?The file ", line);
            Assert.Contains("has been removed or renamed while the database was open. Nothing is written", line);
            Assert.Contains("What was committed before has been saved into the database itself.", line);
        });
        await using var again = await HydraEngine.OpenAsync(hydra => hydra.UseSqlite(Database), Cancellation);
        var rows = await again.Client.ListAsync(new ExecutionFilter { Limit = 1_000 }, Cancellation);
        Assert.Equal(kept.Order(), rows.Select(row => row.Key!).Order());
    }

    [Fact]
    public async Task A_log_that_is_renamed_is_missed_and_work_goes_on_once_it_is_back()
    {
        await using var household = await Household.OpenAsync(Database);
        await StartManyAsync(household);

        File.Move(Database + "-wal", Database + "-wal.away");
        var refused = await household.StartUntilRefusedAsync();
        File.Move(Database + "-wal.away", Database + "-wal");

        Assert.Equal(StoreErrorKind.Unavailable, refused.Kind);
        Assert.Contains("Put the file back if it was renamed", refused.Message);
        await household.StartAsync();
        await household.AssertNothingHappenedAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_foreign_lock_longer_than_every_lease_loses_nothing_and_nobody(bool killed)
    {
        await using var household = await Household.OpenAsync(Database);
        await StartManyAsync(household);
        await using var foreign = ProgramProcess.Start(
            Programs.Victim, _directory.FullName, ["lock", Database, Signal]);
        await Eventually.HoldsAsync("It has the lock", () => foreign.HasExited || foreign.Output.Contains("locked\n"));

        var refused = await household.StartUntilRefusedAsync();
        if (Full || !killed)
        {
            await OutageAsync();
        }

        if (killed)
        {
            foreign.Kill();
        }
        else
        {
            await File.WriteAllTextAsync(Signal, "", Cancellation);
        }

        Assert.Equal(killed ? 137 : 0, await foreign.ExitAsync());

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
