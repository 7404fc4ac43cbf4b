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

    [Fact]
    public async Task What_its_executions_are_started_with_is_told_when_it_is_made_and_a_backfill_can_be_dropped()
    {
        await Scene.HydraAsync("migrate");
        var made = await Scene.HydraJsonAsync(
            "schedules", "create", "hourly", "scripted", "--cron", "0 * * * *", "--max-attempts", "7",
            "--timeout", "2h", "--retry-backoff", "250ms", "--priority", "low");
        var filling = await Scene.HydraJsonAsync(
            "schedules", "backfill", "hourly", "--from", "2026-01-01", "--to", "2026-01-02");
        var mixed = await Scene.HydraAsync("schedules", "backfill", "hourly", "--cancel", "--at-once");
        var dropped = await Scene.HydraAsync("schedules", "backfill", "hourly", "--cancel");
        var again = await Scene.HydraJsonAsync("schedules", "backfill", "hourly", "--cancel");

        var anchored = await Scene.HydraJsonAsync(
            "schedules", "create", "weekly", "scripted", "--every", "168h", "--anchor", "2026-01-02T03:04:05Z");
        var later = await Scene.HydraJsonAsync(
            "schedules", "preview", "weekly", "--count", "1", "--after", "2030-01-01");

        Assert.Equal("2026-01-02T03:04:05.000000Z", anchored.GetProperty("anchor").GetString());
        Assert.Equal("2030-01-04T03:04:05.000000Z", later[0].GetString());
        Assert.Equal(7, made.GetProperty("maxAttempts").GetInt32());
        Assert.Equal(7_200, made.GetProperty("timeout").GetDouble());
        Assert.Equal(0.25, made.GetProperty("retryBackoff").GetDouble());
        Assert.Equal("low", made.GetProperty("priority").GetString());
        Assert.Equal(1, filling.GetProperty("backfills").GetInt32());
        Assert.Equal(2, mixed.Code);
        Assert.StartsWith("What was left of 1 range of the past", dropped.Output, StringComparison.Ordinal);
        Assert.Equal(0, again.GetProperty("backfills").GetInt32());
    }

    [Fact]
    public async Task What_waits_is_dropped_and_told()
    {
        await Scene.HydraAsync("migrate");
        await Scene.HydraAsync(
            "schedules", "create", "yearly", "scripted", "--cron", "0 9 1 1 *", "--overlap", "bufferAll",
            "--input", """{"commands":[]}""");
        for (var i = 0; i < 3; i++)
        {
            await Scene.HydraAsync("schedules", "trigger", "yearly");
        }

        var waiting = await Scene.HydraJsonAsync("schedules", "show", "yearly");
        var dropped = await Scene.HydraAsync("schedules", "cancel-waiting", "yearly");
        var again = await Scene.HydraJsonAsync("schedules", "cancel-waiting", "yearly");
        var missing = await Scene.HydraAsync("schedules", "cancel-waiting", "monthly");

        Assert.Equal(2, waiting.GetProperty("waiting").GetArrayLength());
        Assert.StartsWith("2 instants that waited are not started any more.", dropped.Output, StringComparison.Ordinal);
        Assert.Equal(0, again.GetProperty("waiting").GetArrayLength());
        Assert.Equal(2, again.GetProperty("skipped").GetInt32());
        Assert.Equal(3, missing.Code);
    }

    [Fact]
    public async Task A_trigger_whose_policy_cannot_be_kept_is_a_mistake()
    {
        await Scene.HydraAsync("migrate");
        await Scene.HydraAsync("schedules", "create", "s", "scripted", "--cron", "0 9 1 1 *", "--overlap", "allow");

        var refused = await Scene.HydraAsync("schedules", "trigger", "s", "--overlap", "skip");

        Assert.Equal(2, refused.Code);
        Assert.Contains("allows overlaps", refused.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("(character 3)", "--cron", "0 25 * * *")]
    [InlineData("Europe/Berln", "--cron", "0 9 * * *", "--time-zone", "Europe/Berln")]
    [InlineData("Say when", "--overlap", "skip")]
    [InlineData("is no policy", "--every", "5m", "--overlap", "never")]
    [InlineData("is no priority", "--every", "5m", "--priority", "none")]
    [InlineData("no anchor", "--cron", "0 9 * * *", "--anchor", "2026-01-01")]
    public async Task A_mistake_is_told_and_nothing_is_made(string complaint, params string[] arguments)
    {
        await Scene.HydraAsync("migrate");

        var made = await Scene.HydraAsync(["schedules", "create", "s", "scripted", .. arguments]);

        Assert.Equal(2, made.Code);
        Assert.Contains(complaint, made.Error, StringComparison.Ordinal);
        Assert.Equal("No schedules.\n", (await Scene.HydraAsync("schedules", "list")).Output);
    }
}
