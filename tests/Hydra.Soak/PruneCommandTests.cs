using System.Text.Json;
using Hydra.Soak.Support;
using Microsoft.Data.Sqlite;

namespace Hydra.Soak;

/// <summary>`hydra prune` over executions that have ended days ago.</summary>
public class PruneCommandTests : SceneTest
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Prune_counts_archives_and_deletes_what_has_ended_long_enough_ago()
    {
        await RunInThePastAsync("""{"card":"4711"}""", "false", "1");
        var archive = Path.Combine(Scene.Root, "archive.jsonl");

        var counted = await Scene.HydraJsonAsync("prune", "--older-than", "2d", "--dry-run");
        var failed = await Scene.HydraAsync(
            "prune", "--older-than", "48h", "--state", "failed", "--archive", archive);
        var rest = await Scene.HydraJsonAsync(
            "prune", "--older-than", "2d", "--workflow", "echo", "--archive", archive);
        var none = await Scene.HydraAsync("prune", "--older-than", "2h");

        Assert.Equal(3, counted.GetProperty("wouldBeDeleted").GetInt32());
        Assert.Equal((0, $"Deleted 1 execution, archived in {archive}.\n"), (failed.Code, failed.Output));
        Assert.Equal(2, rest.GetProperty("deleted").GetInt32());
        Assert.Equal((0, "Deleted 0 executions.\n"), (none.Code, none.Output));
        Assert.Equal(0, (await Scene.HydraJsonAsync("list")).GetArrayLength());
        var lines = (await File.ReadAllLinesAsync(archive, Token))
            .Select(static line => JsonDocument.Parse(line).RootElement)
            .ToList();
        Assert.Equal(["failed", "completed", "completed"], lines.Select(line => line.GetProperty("state").GetString()));
        Assert.Contains(lines, static line => line.GetRawText().Contains("4711", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--older-than", "prune")]
    [InlineData("2 hours at least", "prune", "--older-than", "1h")]
    [InlineData("is no end", "prune", "--older-than", "1d", "--state", "running")]
    [InlineData("is no duration", "prune", "--older-than", "soon")]
    [InlineData("Limit", "prune", "--older-than", "1d", "--limit", "0")]
    public async Task What_makes_no_sense_is_refused_and_says_why(string complaint, params string[] command)
    {
        await Scene.HydraAsync("migrate");

        var answer = await Scene.HydraAsync(command);

        Assert.Equal(2, answer.Code);
        Assert.Contains(complaint, answer.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_archive_that_cannot_be_written_keeps_everything()
    {
        await RunInThePastAsync("1");

        var answer = await Scene.HydraAsync("prune", "--older-than", "1d", "--archive", "/nowhere/archive.jsonl");

        Assert.Equal(1, answer.Code);
        Assert.Contains("/nowhere/archive.jsonl", answer.Error, StringComparison.Ordinal);
        Assert.Equal(1, (await Scene.HydraJsonAsync("list")).GetArrayLength());
    }

    [Fact]
    public async Task What_cannot_be_read_is_kept_and_told_and_the_rest_goes()
    {
        await RunInThePastAsync(hydra => hydra.Payloads.Encrypt(new KeyRing(EncryptionKey.Generate("k1"))), "1");
        await RunInThePastAsync("2", "3");
        string[] command = ["prune", "--older-than", "2d", "--archive", Path.Combine(Scene.Root, "archive.jsonl")];

        var first = await Scene.HydraAsync([.. command, "--json"]);
        var again = await Scene.HydraAsync(command);

        var counts = JsonElement.Parse(first.Output);
        Assert.Equal((1, 1), (first.Code, again.Code));
        Assert.Equal(
            (2, 1), (counts.GetProperty("deleted").GetInt32(), counts.GetProperty("notArchived").GetInt32()));
        Assert.Contains("1 cannot be archived and were kept", again.Error, StringComparison.Ordinal);
        Assert.Equal(1, (await Scene.HydraJsonAsync("list")).GetArrayLength());
    }

    [Fact]
    public async Task Compressed_values_are_archived_that_are_larger_than_the_default_limit()
    {
        var value = $"\"{new string('x', 3_000_000)}\"";
        await RunInThePastAsync(
            hydra =>
            {
                hydra.Limits = new() { PayloadBytes = 16 * 1024 * 1024 };
                hydra.Payloads.Compress();
            },
            value);
        var archive = Path.Combine(Scene.Root, "archive.jsonl");

        var answer = await Scene.HydraAsync("prune", "--older-than", "2d", "--archive", archive);

        Assert.Equal(0, answer.Code);
        Assert.Contains(value, await File.ReadAllTextAsync(archive, Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_killed_between_archive_and_deletion_is_archived_twice_at_most_and_never_lost()
    {
        await RunInThePastAsync("1", "2", "3");
        var archive = Path.Combine(Scene.Root, "archive.jsonl");
        string[] command = ["prune", "--older-than", "2d", "--archive", archive];
        await using (var holder = new SqliteConnection($"Data Source={Scene.Database};Pooling=False"))
        {
            await holder.OpenAsync(Token);
            await using var hold = holder.BeginTransaction(); // Nobody deletes anything meanwhile.
            var prune = Scene.Keep(ProgramProcess.Start(
                Programs.Cli, Scene.Root, command, new Dictionary<string, string> { ["DATABASE_URL"] = Scene.Url }));
            await Eventually.HoldsAsync("All are archived", () => IdsIn(archive).Count == 3);
            prune.Kill();
            await prune.ExitAsync();
        }

        var left = await Scene.HydraJsonAsync("list");
        var again = await Scene.HydraJsonAsync(command);

        var ids = left.EnumerateArray().Select(static row => row.GetProperty("id").GetString()!).ToList();
        Assert.Equal((3, 3), (ids.Count, again.GetProperty("deleted").GetInt32()));
        Assert.Equal(ids.Concat(ids).Order(StringComparer.Ordinal), IdsIn(archive).Order(StringComparer.Ordinal));
        Assert.Equal(0, (await Scene.HydraJsonAsync("list")).GetArrayLength());
    }

    /// <summary>What is in an archive; nothing while somebody writes it.</summary>
    private static List<string> IdsIn(string archive)
    {
        try
        {
            return
            [
                .. File.ReadLines(archive)
                    .Select(static line => JsonElement.Parse(line).GetProperty("id").GetString()!),
            ];
        }
        catch (IOException)
        {
            return [];
        }
    }

    private Task RunInThePastAsync(params string[] inputs) => RunInThePastAsync(static _ => { }, inputs);

    private async Task RunInThePastAsync(Action<HydraBuilder> configure, params string[] inputs)
    {
        await using var hydra = await HydraEngine.OpenAsync(
            builder =>
            {
                builder.UseSqlite(Scene.Database);
                builder.TimeProvider = new Past();
                configure(builder);
                builder.AddWorkflow<JsonElement, JsonElement>("echo", (context, input) => context.StepAsync(
                    "say",
                    input,
                    static (value, _) => value.ValueKind == JsonValueKind.False
                        ? throw new NonRetryableException("no")
                        : Task.FromResult(value)));
                builder.AddWorker();
            },
            Token);
        foreach (var input in inputs)
        {
            var handle = await hydra.Client.Workflow<JsonElement, JsonElement>("echo")
                .StartAsync(JsonDocument.Parse(input).RootElement, new() { MaxAttempts = 1 }, Token);
            await handle.WaitAsync(Token);
        }
    }

    private sealed class Past : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() - TimeSpan.FromDays(3);
    }
}
