using System.Text.Json;
using Hydra.Soak.Support;

namespace Hydra.Soak;

/// <summary>What somebody does who wants an execution again, or otherwise: reruns, forks, looks at both.</summary>
public class ForkCommandTests : SceneTest
{
    [Fact]
    public async Task An_execution_is_rerun_and_forked_and_says_so()
    {
        await Scene.StartReadyWorkerAsync("w1");
        var id = await RunAsync(
            """
            {"commands":[{"op":"step","name":"a","input":{"order":"o-17"},"output":"paid-4711"},
              {"op":"step","name":"b","input":{"card":"paid-4711"},"output":2},{"op":"step","name":"c","output":3}]}
            """);
        var before = (await Scene.HydraJsonAsync("show", id)).GetRawText();

        var rerun = await Scene.HydraJsonAsync("rerun", id);
        var edited = await Scene.HydraJsonAsync("fork", id, "--from-step", "b", "--input", """{"card":"4712"}""");
        var given = await Scene.HydraJsonAsync("fork", id, "--from-step", "b", "--output", "99", "--wait");
        var fork = edited.GetProperty("id").GetString()!;
        await Scene.HydraAsync("result", fork, "--wait");
        await Scene.HydraAsync("result", rerun.GetProperty("id").GetString()!, "--wait");
        var shown = await Scene.HydraJsonAsync("show", fork);
        var lineage = await Scene.HydraJsonAsync("lineage", id);
        var table = await Scene.HydraAsync("lineage", fork);
        var unknown = await Scene.HydraAsync("fork", id, "--from-step", "d");

        Assert.Equal(before, (await Scene.HydraJsonAsync("show", id)).GetRawText());
        Assert.Equal("rerun", rerun.GetProperty("origin").GetProperty("kind").GetString());
        Assert.Equal(
            $$"""{"kind":"fork","source":"{{id}}","step":"b","seq":2,"edited":["stepInput"]}""",
            shown.GetProperty("origin").GetRawText());
        Assert.Equal(
            ["a copied {\"order\":\"o-17\"}", "b  {\"card\":\"4712\"}", "c  null"],
            shown.GetProperty("steps").EnumerateArray().Select(step => $"{step.GetProperty("key")} "
                + $"{step.GetProperty("origin")} {step.GetProperty("input").GetRawText()}"));
        Assert.Equal("""["paid-4711",99,3]""", given.GetProperty("output").GetRawText());
        Assert.Equal(4, lineage.GetProperty("executions").GetArrayLength());
        Assert.Contains("fork from b, edited: stepInput", table.Output, StringComparison.Ordinal);
        Assert.Equal(2, unknown.Code);
        Assert.Contains("It has 'a', 'b', 'c'.", unknown.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dry_run_tells_what_a_fork_would_come_to_and_makes_none()
    {
        await Scene.StartReadyWorkerAsync("w1");
        var id = await RunAsync(
            $$"""
            {"commands":[{"op":"step","name":"a","output":1,"sideEffectFile":"{{Scene.EffectsFile}}"},
              {"op":"step","name":"b","input":{"card":"4711"},"output":2,"sideEffectFile":"{{Scene.EffectsFile}}"},
              {"op":"step","name":"c","output":3,"sideEffectFile":"{{Scene.EffectsFile}}"}]}
            """);
        string[] dry = ["fork", id, "--from-step", "b", "--dry-run", "--program", Programs.Worker];

        var edited = await Scene.HydraAsync([.. dry, "--input", """{"card":"4712"}""", "--json"]);
        var given = await Scene.HydraAsync([.. dry, "--output", "99"]);
        var unknown = await Scene.HydraAsync(
            "fork", id, "--from-step", "d", "--dry-run", "--program", Programs.Worker);
        var waits = await Scene.HydraAsync([.. dry, "--wait"]);
        var real = await Scene.HydraAsync("fork", id, "--from-step", "b", "--program", Programs.Worker);

        Assert.Equal(0, edited.Code);
        var report = JsonElement.Parse(edited.Output);
        var call = Assert.Single(report.GetProperty("calls").EnumerateArray());
        Assert.Equal("b", call.GetProperty("key").GetString());
        Assert.Equal("""{"card":"4712"}""", call.GetProperty("input").GetRawText());
        Assert.Equal(0, given.Code);
        Assert.Contains("The code ends: completed [1,99,3]", given.Output, StringComparison.Ordinal);
        Assert.Equal(1, unknown.Code);
        Assert.Contains("It has 'a', 'b', 'c'.", unknown.Error, StringComparison.Ordinal);
        Assert.Equal((2, 2), (waits.Code, real.Code));
        Assert.Equal(6, Scene.Effects().Count); // The begins and ends of the three bodies, when they ran.
        Assert.Single((await Scene.HydraJsonAsync("list")).EnumerateArray());
    }

    [Fact]
    public async Task A_program_that_is_too_old_for_a_dry_run_is_told()
    {
        await Scene.StartReadyWorkerAsync("w1");
        var id = await RunAsync("""{"commands":[{"op":"step","name":"a","output":1}]}""");
        var old = Path.Combine(Scene.Root, "old.sh");
        await File.WriteAllTextAsync(
            old,
            """
            echo "hydra-replay $HYDRA_REPLAY {\"protocol\":1,\"workflows\":[]}"
            while read -r line; do echo "hydra-replay $HYDRA_REPLAY {\"report\":{}}"; done
            """,
            Cancellation);

        var result = await Scene.HydraAsync(
            "fork", id, "--from-step", "a", "--dry-run", "--program", "bash", "--arg", old);

        Assert.Equal(1, result.Code);
        Assert.Contains("earlier version of Hydra", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_value_is_traced_to_the_steps_that_made_and_took_it()
    {
        await Scene.StartReadyWorkerAsync("w1");
        var id = await RunAsync(
            """
            {"commands":[{"op":"step","name":"pay","output":{"receipt":"r-1"}},
              {"op":"step","name":"mail","input":{"about":["r-1"]},"output":1}]}
            """);

        var trace = await Scene.HydraJsonAsync("lineage", "--value", "\"r-1\"", "--workflow", "scripted");
        var pathed = await Scene.HydraJsonAsync("lineage", id, "--value", "\"r-1\"", "--path", "$.about[0]");
        var nothing = await Scene.HydraAsync("lineage");
        var filtered = await Scene.HydraAsync("lineage", id, "--value", "1", "--within", "1h");
        var valueless = await Scene.HydraAsync("lineage", id, "--path", "$.about[0]");

        Assert.Equal(
            ["workflowInput  $.commands[0].output.receipt", "produced pay $.receipt", "consumed mail $.about[0]",
             "workflowOutput  $[0].receipt"],
            trace.GetProperty("matches").EnumerateArray().Select(match => $"{match.GetProperty("role")} "
                + $"{match.GetProperty("step")} {match.GetProperty("path")}"));
        var match = Assert.Single(pathed.GetProperty("matches").EnumerateArray());
        Assert.Equal("mail", match.GetProperty("step").GetString());
        Assert.Equal((2, 2, 2), (nothing.Code, filtered.Code, valueless.Code));
        Assert.Contains("--within is for values among the newest", filtered.Error, StringComparison.Ordinal);
        Assert.Contains("give the value", valueless.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_value_that_is_looked_for_in_too_long_a_lineage_may_be_elsewhere_too()
    {
        await Scene.HydraAsync("migrate");
        var client = await Scene.OpenClientAsync();
        var source = await client.StartAsync(
            "scripted", Payload.Create("""{"commands":[],"receipt":"r-1"}"""u8), cancellationToken: Cancellation);
        var alone = await TraceAsync();
        await Task.WhenAll(Enumerable.Range(0, TraceQuery.MaxExecutions)
            .Select(_ => source.RerunAsync(cancellationToken: Cancellation)));

        var among = await TraceAsync();
        var shown = await Scene.HydraAsync("lineage", $"{source.Id}", "--value", "\"r-1\"");

        Assert.False(alone.GetProperty("atLeast").GetBoolean());
        Assert.True(among.GetProperty("atLeast").GetBoolean());
        Assert.Contains("others that were not looked through", shown.Output, StringComparison.Ordinal);

        Task<JsonElement> TraceAsync() => Scene.HydraJsonAsync("lineage", $"{source.Id}", "--value", "\"r-1\"");
    }

    private async Task<string> RunAsync(string program)
    {
        var started = await Scene.HydraJsonAsync("start", "scripted", "--input", program, "--wait");
        return started.GetProperty("id").GetString()!;
    }
}
