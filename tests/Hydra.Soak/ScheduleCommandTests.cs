using Hydra.Soak.Support;

namespace Hydra.Soak;

/// <summary>Schedules from the command line, from their making to their end.</summary>
public class ScheduleCommandTests : SceneTest
{
    [Fact]
    public async Task A_schedule_is_made_previewed_paused_triggered_resumed_and_deleted()
    {
        await Scene.HydraAsync("migrate");
        var made = await Scene.HydraJsonAsync(
            "schedules", "create", "yearly", "scripted", "--cron", "0 9 1 1 *", "--time-zone", "Europe/Berlin",
            "--input", """{"commands":[]}""", "--overlap", "bufferOne");
        var preview = await Scene.HydraJsonAsync("schedules", "preview", "yearly", "--count", "2");
        var paused = await Scene.HydraJsonAsync("schedules", "pause", "yearly", "--note", "holidays");
        var table = await Scene.HydraAsync("schedules", "list");
        var triggered = await Scene.HydraJsonAsync("schedules", "trigger", "yearly");
        var again = await Scene.HydraJsonAsync("schedules", "trigger", "yearly", "--overlap", "skip");
        var resumed = await Scene.HydraAsync("schedules", "resume", "yearly");
        var deleted = await Scene.HydraAsync("schedules", "delete", "yearly");
        var gone = await Scene.HydraAsync("schedules", "delete", "yearly");

        Assert.Equal("0 9 1 1 *", made.GetProperty("cron").GetString());
        Assert.Equal("bufferOne", made.GetProperty("overlap").GetString());
        Assert.EndsWith("-01-01T08:00:00.000000Z", preview[1].GetString(), StringComparison.Ordinal);
        Assert.True(paused.GetProperty("paused").GetBoolean());
        Assert.Contains("holidays", table.Output, StringComparison.Ordinal);
        Assert.Equal(System.Text.Json.JsonValueKind.Null, again.GetProperty("id").ValueKind);
        Assert.StartsWith("It fires next at ", resumed.Output, StringComparison.Ordinal);
        Assert.True(ExecutionId.TryParse(triggered.GetProperty("id").GetString(), null, out _));
        Assert.Equal((0, 3), (deleted.Code, gone.Code));
    }

    [Theory]
    [InlineData("(character 3)", "--cron", "0 25 * * *")]
    [InlineData("Europe/Berln", "--cron", "0 9 * * *", "--time-zone", "Europe/Berln")]
    [InlineData("Say when", "--overlap", "skip")]
    [InlineData("is no policy", "--every", "5m", "--overlap", "never")]
    public async Task A_mistake_is_told_and_nothing_is_made(string complaint, params string[] arguments)
    {
        await Scene.HydraAsync("migrate");

        var made = await Scene.HydraAsync(["schedules", "create", "s", "scripted", .. arguments]);

        Assert.Equal(2, made.Code);
        Assert.Contains(complaint, made.Error, StringComparison.Ordinal);
        Assert.Equal("No schedules.\n", (await Scene.HydraAsync("schedules", "list")).Output);
    }
}
