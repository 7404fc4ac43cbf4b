using System.Diagnostics;
using System.Globalization;
using Hydra.Soak.Support;
using Microsoft.Data.Sqlite;

namespace Hydra.Soak;

/// <summary>A process that commits without a pause, killed again and again: what it was told is kept, is.</summary>
public class CommitKillTests(ITestOutputHelper output) : SceneTest
{
    private static readonly bool Full = Environment.GetEnvironmentVariable("HYDRA_FULL") == "1";
    private static readonly int Kills = Full ? 1_000 : 50;
    private static readonly int CopyKills = Full ? 50 : 4;

    [Fact]
    public async Task What_was_acknowledged_survives_kills_during_commits_and_the_file_stays_whole()
    {
        var seed = Environment.GetEnvironmentVariable("HYDRA_SEED") is { } given
            ? int.Parse(given, CultureInfo.InvariantCulture)
            : Random.Shared.Next();
        output.WriteLine($"HYDRA_SEED={seed}");
        var random = new Random(seed);
        await Scene.OpenClientAsync(); // Migrates.
        var (acknowledged, kept) = (0, 0);

        for (var kill = 1; kill <= Kills; kill++)
        {
            var keys = await CommitAndKillAsync($"run{kill}", random.Next(1, 60));

            await using var connection = new SqliteConnection($"Data Source={Scene.Database};Pooling=False");
            await connection.OpenAsync(Cancellation);
            Assert.Equal("ok", await QueryAsync(connection, "PRAGMA integrity_check"));
            var here = await KeysAsync(connection, $"run{kill}-");
            var lost = keys.Except(here).ToList();
            Assert.True(lost.Count == 0, $"Lost in kill {kill} of seed {seed}: {string.Join(' ', lost)}");
            acknowledged += keys.Count;
            kept += here.Count;
        }

        output.WriteLine($"{Kills} kills, {acknowledged} acknowledged, {kept} kept");
        Assert.Equal(kept.ToString(CultureInfo.InvariantCulture), await CountAsync());
        Assert.True(acknowledged >= Kills, "Too little was written for the kills to hit anything.");
    }

    [Fact]
    public async Task What_was_acknowledged_survives_kills_while_the_log_is_copied()
    {
        var hits = 0;
        for (var kill = 1; kill <= CopyKills; kill++)
        {
            // Each a file of its own, without a process but the victim: what is kept is what is recovered from it.
            var database = Path.Combine(Scene.Root, $"copy{kill}.db");
            await (await HydraEngine.OpenAsync(hydra => hydra.UseSqlite(database), Cancellation)).DisposeAsync();
            await using var victim = ProgramProcess.Start(
                Programs.Victim, Scene.Root, ["commit", database, "copied", "200000"]);
            KillWhenCopying(victim, database);
            await victim.ExitAsync();
            Assert.Equal("", victim.Error);
            hits += IsCopying(database) ? 1 : 0;

            await using var connection = new SqliteConnection($"Data Source={database};Pooling=False");
            await connection.OpenAsync(Cancellation);
            Assert.Equal("ok", await QueryAsync(connection, "PRAGMA integrity_check"));
            var keys = victim.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Assert.True(keys.Length >= 20, "Too little was written for a copy.");
            Assert.Empty(keys.Except(await KeysAsync(connection, "copied-")));
        }

        Figures.Write("kills during checkpoints", $"{CopyKills} kills, {hits} of them while a copy ran");
        Assert.True(hits > 0, "No kill fell while a copy ran.");
    }

    /// <summary>Kills the program as soon as the database itself is written, which only copies do.</summary>
    private static void KillWhenCopying(ProgramProcess victim, string database)
    {
        var before = new FileInfo(database).LastWriteTimeUtc;
        var begun = Stopwatch.GetTimestamp();
        SpinWait.SpinUntil(() => victim.HasExited || victim.Output.Length > 0, TimeSpan.FromSeconds(30));
        while (new FileInfo(database).LastWriteTimeUtc == before && Stopwatch.GetElapsedTime(begun).TotalSeconds < 30)
        {
        }

        victim.Kill();
    }

    /// <summary>
    /// Whether a copy was under way when the last process died: the index of the log says how far it was attempted, and
    /// how far it came (SQLite's WalCkptInfo, behind two headers of 48 bytes).
    /// </summary>
    private static bool IsCopying(string database)
    {
        const int Copied = 96;
        const int Attempted = 128;
        var index = File.ReadAllBytes(database + "-shm");
        return BitConverter.ToUInt32(index, Attempted) > BitConverter.ToUInt32(index, Copied);
    }

    /// <summary>Lets the program commit a number of executions and kills it on the spot.</summary>
    /// <returns>The keys that it was told are kept.</returns>
    private async Task<IReadOnlyList<string>> CommitAndKillAsync(string prefix, int commits)
    {
        await using var victim = ProgramProcess.Start(
            Programs.Victim, Scene.Root, ["commit", Scene.Database, prefix]);
        await Eventually.HoldsAsync(
            "The victim commits", () => victim.HasExited || victim.Output.Count(one => one == '\n') >= commits);
        victim.Kill();
        await victim.ExitAsync();
        Assert.Equal("", victim.Error);
        return victim.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static async Task<IReadOnlyList<string>> KeysAsync(SqliteConnection connection, string prefix)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT key FROM hydra_executions WHERE substr(key, 1, length($prefix)) = $prefix";
        command.Parameters.AddWithValue("$prefix", prefix);
        var keys = new List<string>();
        await using var reader = await command.ExecuteReaderAsync(Cancellation);
        while (await reader.ReadAsync(Cancellation))
        {
            keys.Add(reader.GetString(0));
        }

        return keys;
    }

    private async Task<string> CountAsync()
    {
        await using var connection = new SqliteConnection($"Data Source={Scene.Database};Pooling=False");
        await connection.OpenAsync(Cancellation);
        return await QueryAsync(connection, "SELECT count(*) FROM hydra_executions");
    }

    private static async Task<string> QueryAsync(SqliteConnection connection, string sql)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToString(await command.ExecuteScalarAsync(Cancellation), CultureInfo.InvariantCulture)!;
    }
}
