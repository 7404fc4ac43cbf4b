using System.Text.Json;
using Hydra.Soak.Support;
using Microsoft.Data.Sqlite;

namespace Hydra.Soak;

/// <summary>`hydra replay`, which asks another program for its code only.</summary>
public class ReplayCommandTests : SceneTest
{
    private const string Unknown = "0199a3c4-5e6f-7a8b-9c0d-1e2f3a4b5c6d";

    [Fact]
    public async Task The_code_of_a_program_is_replayed_and_nothing_else_of_it_happens()
    {
        var id = await StartSleeperAsync();
        var before = await Scene.HydraAsync("show", id, "--json");

        var one = await ReplayAsync(Programs.Worker, id, "--json");
        var dll = await ReplayAsync(Programs.Worker + ".dll", id);
        var all = await ReplayAsync(Programs.Worker, "--workflow", "scripted", "--json");

        var dry = await ReplayAsync(Programs.Worker, id, "--from-step", "a", "--output", "7", "--json");

        var report = JsonElement.Parse(one.Output);
        Assert.Equal("7", JsonElement.Parse(dry.Output).GetProperty("steps")[0].GetProperty("output").GetRawText());
        Assert.Equal((0, "matches"), (one.Code, report.GetProperty("verdict").GetString()));
        Assert.Equal("a", report.GetProperty("steps")[0].GetProperty("found").GetProperty("key").GetString());
        Assert.Equal("sleep", report.GetProperty("calls")[0].GetProperty("key").GetString());
        Assert.Equal(0, dll.Code);
        Assert.Contains("scripted", dll.Output);
        Assert.Contains("matches", dll.Output);
        Assert.Equal((0, 1), (all.Code, JsonElement.Parse(all.Output).GetProperty("total").GetInt32()));
        Assert.Equal(before.Output, (await Scene.HydraAsync("show", id, "--json")).Output);
        Assert.Equal(2, Scene.Effects().Count); // The begin and the end of the one body, when it ran.
        Assert.Single((await Scene.HydraJsonAsync("workers")).EnumerateArray());
    }

    [Fact]
    public async Task What_a_program_cannot_replay_fails_and_says_why()
    {
        var id = await StartSleeperAsync();

        var other = await ReplayAsync(Programs.UserOnboarding, id, "--json");
        var none = await ReplayAsync("/bin/echo", id, "--arg", "nothing of the kind");
        var missing = await ReplayAsync("./no-such.dll", id);
        var unnamed = await Scene.HydraAsync("replay", id);
        var unknown = await ReplayAsync(Programs.Worker, Unknown);

        Assert.Equal(1, other.Code);
        Assert.Equal("unknownWorkflow", JsonElement.Parse(other.Output).GetProperty("verdict").GetString());
        Assert.Equal(1, none.Code);
        Assert.Contains("ended with exit code 0 and did not answer", none.Error);
        Assert.Contains("nothing of the kind", none.Error);
        Assert.Equal(2, (await ReplayAsync(Programs.Worker, id, "--output", "1")).Code);
        Assert.Equal((2, 2, 3), (missing.Code, unnamed.Code, unknown.Code));
        Assert.Contains("Pass --program", unnamed.Error);
        Assert.Empty(Directory.GetFiles(Scene.Root, "onboarding*")); // The program's own database was not made.
    }

    /// <summary>Rows are rewritten, as if a build had recorded them whose code was another.</summary>
    [Fact]
    public async Task What_a_program_would_break_is_told_with_the_difference_and_fails()
    {
        var id = await StartSleeperAsync();
        var other = await StartSleeperAsync("b");
        await using (var connection = new SqliteConnection($"Data Source={Scene.Database};Pooling=False"))
        {
            await connection.OpenAsync(Cancellation);
            await using var rename = connection.CreateCommand();
            rename.CommandText = "UPDATE hydra_journal SET key = 'earlier' WHERE key = 'a'";
            Assert.Equal(1, await rename.ExecuteNonQueryAsync(Cancellation));
        }

        var one = await ReplayAsync(Programs.Worker, id);
        var all = await ReplayAsync(Programs.Worker, "--json");

        var some = await ReplayAsync(Programs.Worker, "--limit", "1", "--json");
        var two = await ReplayAsync(Programs.Worker, "--limit", "2", "--json");

        Assert.Equal((1, 1), (one.Code, all.Code));
        Assert.Equal((true, 1), (AtLimit(some), JsonElement.Parse(some.Output).GetProperty("total").GetInt32()));
        Assert.Equal((false, false), (AtLimit(two), AtLimit(all)));
        Assert.Contains("step 'earlier' at seq 1, but the code awaits step 'a'", one.Output, StringComparison.Ordinal);
        var report = JsonElement.Parse(all.Output);
        Assert.Equal((2, 1), (report.GetProperty("total").GetInt32(), report.GetProperty("broken").GetInt32()));
        Assert.Equal(
            new Dictionary<string, string> { [id] = "differs", [other] = "matches" },
            report.GetProperty("executions").EnumerateArray().ToDictionary(
                static row => row.GetProperty("id").GetString()!,
                static row => row.GetProperty("verdict").GetString()!));
    }

    [Fact]
    public async Task What_a_limit_leaves_out_is_no_match()
    {
        await StartSleeperAsync();
        await StartSleeperAsync("b");

        var some = await ReplayAsync(Programs.Worker, "--limit", "1");
        var all = await ReplayAsync(Programs.Worker, "--limit", "2");

        Assert.Equal((1, 0), (some.Code, all.Code));
        Assert.Contains("stopped at the limit of 1: there are more", some.Error, StringComparison.Ordinal);
        Assert.Equal("", all.Error);
    }

    [Fact]
    public async Task What_is_exported_can_be_replayed_without_the_database()
    {
        var id = await StartSleeperAsync();
        var file = Path.Combine(Scene.Root, "history.json");
        await File.WriteAllTextAsync(file, "what others could read", Cancellation);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        }

        var printed = await Scene.HydraAsync("export", id);
        var written = await Scene.HydraAsync("export", id, "--output", file);
        var nowhere = await Scene.HydraAsync("export", id, "--output", Path.Combine(Scene.Root, "no", "file"));
        var unknown = await Scene.HydraAsync("export", Unknown);

        var history = await File.ReadAllTextAsync(file, Cancellation);
        Assert.Equal((0, 0, 2, 3), (printed.Code, written.Code, nowhere.Code, unknown.Code));
        Assert.Equal((printed.Output, ""), (history, written.Output));
        Assert.True(OperatingSystem.IsWindows()
            || File.GetUnixFileMode(file) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));
        var report = await HydraReplay.RunAsync(
            history,
            hydra => hydra.AddWorkflow("scripted", async (WorkflowContext context, Payload _) =>
            {
                await context.StepAsync("a", _ => Task.FromResult(1));
                return 0;
            }),
            cancellationToken: Cancellation);
        Assert.Equal("a", report.Steps[0].Recorded.Key);
        Assert.Equal(id, report.Row.Id.ToString());
    }

    private static bool AtLimit(ProgramResult result) =>
        JsonElement.Parse(result.Output).GetProperty("atLimit").GetBoolean();

    private Task<ProgramResult> ReplayAsync(string program, params string[] arguments) =>
        Scene.HydraAsync(["replay", "--program", program, .. arguments]);

    private async Task<string> StartSleeperAsync(string step = "a")
    {
        await Scene.StartReadyWorkerAsync($"w-{step}");
        var started = await Scene.HydraJsonAsync("start", "scripted", "--input", JsonSerializer.Serialize(new
        {
            commands = new object[]
            {
                new { op = "step", name = step, output = 1, sideEffectFile = Scene.EffectsFile },
                new { op = "sleep", millis = 600_000 },
            },
        }));
        var id = started.GetProperty("id").GetString()!;
        await Eventually.HoldsAsync("It sleeps", async () =>
            (await Scene.HydraJsonAsync("show", id)).GetProperty("state").GetString() == "sleeping");
        return id;
    }
}
