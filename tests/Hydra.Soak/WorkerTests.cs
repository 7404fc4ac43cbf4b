using System.Text.Json;
using Hydra.Soak.Support;

namespace Hydra.Soak;

/// <summary>The worker host and its scripted workflow, as somebody outside of the repository uses them.</summary>
public class WorkerTests : SceneTest
{
    // Every way of writing JSON must agree on these for the hashes to be equal.
    private static readonly object Delicate = new { text = "naïve <b>&\"ü\" \u2028", number = 1.50m };

    [Fact]
    public async Task A_step_tells_the_outside_world_what_is_recorded_of_it()
    {
        await Scene.StartReadyWorkerAsync("w1");
        var file = Scene.EffectsFile;

        var execution = await RunAsync(
            new { op = "step", name = "plain", output = Delicate, sideEffectFile = file },
            new { op = "step", name = "failing", output = 1, failTimes = 1, sideEffectFile = file },
            new { op = "step", name = "plain", sideEffectFile = file });

        Assert.Equal("completed", execution.GetProperty("state").GetString());
        var effects = Scene.Effects();
        var steps = execution.GetProperty("steps").EnumerateArray()
            .Where(step => step.GetProperty("state").GetString() == "completed")
            .ToDictionary(step => step.GetProperty("key").GetString()!);
        Assert.Equal(["plain", "failing", "plain#2"], steps.Keys);
        foreach (var (key, step) in steps)
        {
            var end = Assert.Single(effects, effect => effect.Step == key && effect.Ok == true);
            Assert.Equal(step.GetProperty("valueHash").GetString(), end.ValueHash);
            Assert.Equal(step.GetProperty("attempt").GetInt32(), end.Attempt);
            Assert.Equal(step.GetProperty("epoch").GetInt64(), end.Epoch);
            Assert.Equal("w1", end.Worker);
        }

        var failed = Assert.Single(effects, effect => effect.Ok == false);
        Assert.Equal(("failing", 1, (string?)null), (failed.Step, failed.Attempt, failed.ValueHash));
        Assert.Equal(4, effects.Count(effect => effect.Begins));
    }

    [Fact]
    public async Task Every_command_has_its_output()
    {
        await Scene.StartReadyWorkerAsync("w1");
        object One(int value) => new { op = "step", name = "s", output = value };

        var execution = await RunAsync(
            new { op = "sleep", millis = 20 },
            new { op = "parallel", branches = new[] { new[] { One(1) }, [One(2), One(3)] } },
            new { op = "race", branches = new[] { [new { op = "sleep", millis = 60_000 }], new[] { One(4) } } },
            new { op = "repeat", times = 2, commands = new[] { One(5) } });

        Assert.Equal(
            """[null,[[1],[2,3]],{"winner":1,"output":[4]},[[5],[5]]]""", execution.GetProperty("output").GetRawText());
    }

    [Fact]
    public async Task A_script_that_is_asked_to_stop_cleans_up_where_it_guards_what_it_does()
    {
        await Scene.StartReadyWorkerAsync("w1");
        var file = Scene.EffectsFile;
        object[] cleanup = [new { op = "step", name = "undo", failTimes = 1, sideEffectFile = file }];
        object Guard(params object[] commands) => new { op = "guard", commands, cleanup };
        var client = await Scene.OpenClientAsync();
        var handle = await client.StartAsync(
            "scripted",
            Script(Guard(), Guard(new { op = "step", name = "long", millis = 60_000, sideEffectFile = file })),
            cancellationToken: Cancellation);
        await Eventually.HoldsAsync("The step runs", () => Scene.Effects().Count == 1);

        Assert.Equal(CancelOutcome.Requested, await handle.CancelAsync(Cancellation));

        Assert.Equal(ExecutionState.Cancelled, await handle.WaitAsync(Cancellation));
        Assert.Equal(
            ["long", "undo", "undo"],
            Scene.Effects().Where(effect => effect.Begins).Select(effect => effect.Step));
    }

    [Theory]
    [InlineData("""{"commands":[{"op":"fail","message":"no luck"}]}""", "no luck")]
    [InlineData("""{"commands":[{"op":"child","workflow":"scripted"}]}""", "'child' is not in this version")]
    [InlineData("""{"commands":[{"op":"dance"}]}""", "'dance' is no command")]
    [InlineData("""{"commands":[{"op":"step"}]}""", "needs \"name\"")]
    [InlineData("{}", "needs \"commands\"")]
    public async Task A_script_that_cannot_go_on_fails_with_the_reason(string script, string reason)
    {
        await Scene.StartReadyWorkerAsync("w1");

        var result = await Scene.HydraAsync(
            "start", "scripted", "--input", script, "--wait", "--max-attempts", "1", "--json");

        Assert.Equal(1, result.Code);
        var failure = JsonElement.Parse(result.Output).GetProperty("failure");
        Assert.Contains(reason, failure.GetProperty("message").GetString());
    }

    [Fact]
    public async Task A_script_can_take_its_process_down_and_that_is_no_failure_of_its_own()
    {
        var first = await Scene.StartReadyWorkerAsync("first");
        var client = await Scene.OpenClientAsync();
        var handle = await client.StartAsync("scripted", Script(new { op = "exit" }), cancellationToken: Cancellation);
        Assert.NotEqual(0, await first.ExitAsync());

        var second = Scene.StartWorker("second");
        Assert.NotEqual(0, await second.ExitAsync());

        var details = await handle.DescribeAsync(Cancellation);
        var crash = Assert.Single(details.Crashes);
        Assert.Equal("first", crash.Worker);
        Assert.Equal((ExecutionState.Running, 1), (details.Row.State, details.Row.Attempt));
    }

    [Theory]
    [InlineData("DATABASE_URL", "", "DATABASE_URL is not set")]
    [InlineData("DATABASE_URL", "oracle://host/db", "names no database")]
    [InlineData("MAX_CONCURRENCY", "many", "MAX_CONCURRENCY: 'many' is no number from 1 to 10000")]
    [InlineData("HYDRA_HEARTBEAT_INTERVAL", "1s", "must be at most a third of HYDRA_CLAIM_TIMEOUT (2s)")]
    [InlineData("HYDRA_POLL_INTERVAL", "often", "HYDRA_POLL_INTERVAL: 'often' is no duration")]
    [InlineData("NAMESPACE", "a#b", "Namespace 'a#b'")]
    public async Task A_wrong_setting_is_told_by_its_name(string variable, string value, string complaint)
    {
        var worker = Scene.StartWorker("w1", (variable, value));

        Assert.Equal(2, await worker.ExitAsync());
        Assert.Contains(complaint, worker.Error);
    }

    /// <summary>Runs a script as somebody with the command line does, and reads what is recorded of it.</summary>
    private async Task<JsonElement> RunAsync(params object[] commands)
    {
        var input = Path.Combine(Scene.Root, "input.json");
        await File.WriteAllTextAsync(input, JsonSerializer.Serialize(new { commands }), Cancellation);
        var ended = await Scene.HydraJsonAsync("start", "scripted", "--input", $"@{input}", "--wait");
        return await Scene.HydraJsonAsync("show", ended.GetProperty("id").GetString()!);
    }
}
