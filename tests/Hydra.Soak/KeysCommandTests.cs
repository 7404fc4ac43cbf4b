using Hydra.Soak.Support;

namespace Hydra.Soak;

/// <summary>Who has keys sees what is encrypted, and who has none is told so and can make nothing of it.</summary>
public class KeysCommandTests : SceneTest
{
    private const string Input = """{"canary":4711}""";

    [Fact]
    public async Task Keys_come_from_a_file_and_show_what_is_encrypted()
    {
        await Scene.OpenClientAsync(); // Which makes the database.
        var keys = $"--keys=@{Write(EncryptionKey.Generate("k1").Export())}";
        var started = await Scene.HydraJsonAsync("start", "w", "--input", Input, keys);
        var id = started.GetProperty("id").GetString()!;
        await Scene.HydraJsonAsync("schedules", "create", "s", "w", "--every", "24h", "--input", Input, keys);

        var with = await Scene.HydraJsonAsync("show", id, keys);
        var without = await Scene.HydraJsonAsync("show", id);
        var schedule = await Scene.HydraAsync("schedules", "show", "s");
        var rerun = await Scene.HydraAsync("rerun", id);
        var triggered = await Scene.HydraAsync("schedules", "trigger", "s");
        var plain = await Scene.HydraAsync("list", $"--keys={EncryptionKey.Generate("k1").Export()}");

        Assert.Equal(Input, with.GetProperty("input").GetRawText());
        Assert.Equal("[encrypted, key k1]", without.GetProperty("input").GetString());
        Assert.Contains("[encrypted, key k1]", schedule.Output, StringComparison.Ordinal);
        Assert.Contains("key 'k1', which this engine does not have", rerun.Error, StringComparison.Ordinal);
        Assert.Contains("encrypted with key 'k1'", triggered.Error, StringComparison.Ordinal);
        Assert.Equal((1, 1, 2), (rerun.Code, triggered.Code, plain.Code));
        Assert.Contains("are a secret", plain.Error, StringComparison.Ordinal);
        Assert.Equal(0, (await Scene.HydraAsync("rerun", id, keys)).Code);
        Assert.Equal(0, (await Scene.HydraAsync("schedules", "trigger", "s", keys)).Code);
    }

    [Fact]
    public async Task A_subject_is_shredded()
    {
        await Scene.OpenClientAsync();
        var keys = $"--keys=@{Write(EncryptionKey.Generate("k1").Export())}";
        var started = await Scene.HydraJsonAsync("start", "w", "--input", Input, "--subject", "ada", keys);
        var id = started.GetProperty("id").GetString()!;

        var schedule = await Scene.HydraJsonAsync(
            "schedules", "create", "daily", "w", "--every", "24h", "--subject", "ada", keys);

        var before = await Scene.HydraJsonAsync("show", id, keys);
        var shredded = await Scene.HydraJsonAsync("shred", "ada", keys);
        var after = await Scene.HydraJsonAsync("show", id, keys);
        var again = await Scene.HydraAsync("start", "w", "--subject", "ada", keys);
        var without = await Scene.HydraAsync("shred", "ada");

        Assert.Equal("ada", schedule.GetProperty("subject").GetString());
        Assert.Equal(Input, before.GetProperty("input").GetRawText());
        Assert.True(shredded.GetProperty("hadKey").GetBoolean());
        Assert.StartsWith("[encrypted, key subject:", after.GetProperty("input").GetString(), StringComparison.Ordinal);
        Assert.Equal((1, 2), (again.Code, without.Code));
        Assert.Contains("was destroyed", again.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_of_subjects_are_wrapped_anew()
    {
        await Scene.OpenClientAsync();
        var (old, next) = (EncryptionKey.Generate("k1").Export(), EncryptionKey.Generate("k2").Export());
        var started = await Scene.HydraJsonAsync(
            "start", "w", "--input", Input, "--subject", "ada", $"--keys=@{Write(old, "old")}");
        var id = started.GetProperty("id").GetString()!;

        var left = await Scene.HydraAsync("rewrap", $"--keys=@{Write(next, "next")}");
        var done = await Scene.HydraJsonAsync("rewrap", $"--keys=@{Write($"{next}\n{old}", "both")}");
        var shown = await Scene.HydraJsonAsync("show", id, $"--keys=@{Path.Combine(Scene.Root, "next")}");
        var without = await Scene.HydraAsync("rewrap");

        Assert.Equal((1, 2), (left.Code, without.Code));
        Assert.Contains("1 are not", left.Output, StringComparison.Ordinal);
        Assert.Equal("""{"rewrapped":1,"left":0,"kept":1}""", done.GetRawText());
        Assert.Equal(Input, shown.GetProperty("input").GetRawText());
    }

    [Fact]
    public async Task What_is_not_in_the_database_is_neither_shredded_nor_wrapped_anew()
    {
        await Scene.OpenClientAsync();
        var keys = $"--keys=@{Write(EncryptionKey.Generate("k1").Export())}";

        var none = await Scene.HydraAsync("rewrap", keys);
        var never = await Scene.HydraAsync("shred", "ada", keys);
        var again = await Scene.HydraAsync("shred", "ada", keys);

        Assert.Equal((0, 3, 0), (none.Code, never.Code, again.Code));
        Assert.Contains("No keys of subjects are kept in this database", none.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("All are wrapped", none.Output, StringComparison.Ordinal);
        Assert.Contains("keys elsewhere", never.Output, StringComparison.Ordinal);
        Assert.Contains("client.ShredAsync", never.Output, StringComparison.Ordinal);
        Assert.Contains("was shredded in this database before", again.Output, StringComparison.Ordinal);
    }

    private string Write(string text, string name = "keys")
    {
        var path = Path.Combine(Scene.Root, name);
        File.WriteAllText(path, text);
        return path;
    }
}
