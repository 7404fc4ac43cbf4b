using System.Text.Json;
using Hydra.Soak.Support;

namespace Hydra.Soak;

/// <summary>What somebody does whose executions do not go on: asks why, mends, retries, terminates, counts.</summary>
public class RepairCommandTests : SceneTest
{
    [Fact]
    public async Task Why_follows_an_execution_from_nobody_to_its_step_to_its_dead_worker()
    {
        await Scene.HydraAsync("migrate");
        var id = await StartAsync(
            """{"commands":[{"op":"step","name":"slow","input":{"card":"4711"},"millis":600000}]}""");

        var nobody = await WhyAsync(id);
        var worker = await Scene.StartReadyWorkerAsync("w1");
        var running = await SeeAsync(id, why => why.GetProperty("runningSteps").GetArrayLength() > 0);
        var text = await Scene.HydraAsync("why", id);
        worker.Kill();
        var lost = await SeeAsync(id, why => why.GetProperty("reason").GetString() == "ownerLost");

        Assert.Equal("noWorker", nobody.GetProperty("reason").GetString());
        Assert.Equal("running", running.GetProperty("reason").GetString());
        var step = running.GetProperty("runningSteps")[0];
        Assert.Equal("slow", step.GetProperty("key").GetString());
        Assert.Equal("""{"card":"4711"}""", step.GetProperty("input").GetRawText());
        Assert.Equal("w1", running.GetProperty("ownerWorker").GetProperty("worker").GetString());
        Assert.Equal(0, text.Code);
        Assert.StartsWith($"scripted {id}: running\n", text.Output, StringComparison.Ordinal);
        Assert.Contains("worker 'w1' on ", text.Output, StringComparison.Ordinal);
        Assert.Contains("""with input {"card":"4711"}""", text.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', text.Output);
        Assert.Contains("No worker is live to take it back", lost.GetProperty("text").GetRawText());
    }

    [Fact]
    public async Task Retry_ends_a_delay_and_says_when_there_is_none()
    {
        await Scene.StartReadyWorkerAsync("w1");
        var failing = await StartAsync(
            """{"commands":[{"op":"step","name":"a","failTimes":9,"backoffMillis":240000,"output":1}]}""");
        var sleeping = await StartAsync("""{"commands":[{"op":"sleep","millis":600000}]}""");
        await SeeAsync(failing, why => why.GetProperty("reason").GetString() == "stepRetry");
        await SeeAsync(sleeping, why => why.GetProperty("waitsFor").GetString() == "sleep");

        var due = await Scene.HydraJsonAsync("retry", failing);
        var again = await SeeAsync(
            failing, why => why.GetProperty("failure").GetRawText().Contains("Attempt 2 of", StringComparison.Ordinal));
        var nothing = await Scene.HydraAsync("retry", sleeping);
        await Scene.HydraAsync("terminate", sleeping, "--reason", "tidied up");
        var ended = await Scene.HydraAsync("retry", sleeping, "--json");

        Assert.Equal("due", due.GetProperty("outcome").GetString());
        Assert.Equal(("stepRetry", "a"),
            (again.GetProperty("reason").GetString(), again.GetProperty("waitsFor").GetString()));
        var shown = await Scene.HydraJsonAsync("show", failing);
        Assert.Equal(2, shown.GetProperty("steps").GetArrayLength());
        Assert.Equal(1, nothing.Code);
        Assert.Contains("nothing that went wrong holds it back", nothing.Error);
        Assert.Equal(1, ended.Code);
        Assert.Equal("alreadyEnded", JsonElement.Parse(ended.Output).GetProperty("outcome").GetString());
        Assert.Contains("but rerun or forked", ended.Error);
    }

    [Fact]
    public async Task Terminate_ends_what_runs_and_records_the_reason()
    {
        await Scene.StartReadyWorkerAsync("w1");
        var id = await StartAsync("""{"commands":[{"op":"step","name":"slow","millis":600000}]}""");
        await SeeAsync(id, why => why.GetProperty("reason").GetString() == "running");

        var terminated = await Scene.HydraAsync("terminate", id, "--reason", "it charges twice");
        var again = await Scene.HydraAsync("terminate", id);
        var why = await WhyAsync(id);
        var completed = await StartAsync("""{"commands":[]}""");
        await Scene.HydraAsync("result", completed, "--wait");
        var late = await Scene.HydraAsync("terminate", completed);

        Assert.Equal((0, "Terminated.\n"), (terminated.Code, terminated.Output));
        Assert.Equal(0, again.Code);
        Assert.Equal(("ended", "cancelled"),
            (why.GetProperty("reason").GetString(), why.GetProperty("state").GetString()));
        Assert.Equal("Hydra.Terminated", why.GetProperty("failure").GetProperty("type").GetString());
        Assert.EndsWith(": it charges twice", why.GetProperty("failure").GetProperty("message").GetString());
        Assert.Equal(1, late.Code);
        Assert.Contains("had ended before, as completed", late.Error);
    }

    [Fact]
    public async Task Stats_counts_by_workflow_and_state()
    {
        await Scene.HydraAsync("migrate");
        var empty = await Scene.HydraAsync("stats");
        await StartAsync("""{"commands":[]}""");
        await StartAsync("""{"commands":[]}""", "--delay", "1h");
        await Scene.HydraJsonAsync("start", "a-workflow-with-a-long-name-that-nobody-knows");

        var stats = await Scene.HydraJsonAsync("stats");
        var table = await Scene.HydraAsync("stats", "--limit", "1");

        Assert.Contains("No executions in namespace 'default'.", empty.Output);
        Assert.Equal(
            ["a-workflow-with-a-long-name-that-nobody-knows pending 1", "scripted pending 2"],
            stats.GetProperty("executions").EnumerateArray().Select(count =>
                $"{count.GetProperty("workflow")} {count.GetProperty("state")} {count.GetProperty("count")}"));
        Assert.Equal(2, stats.GetProperty("dueNow").GetInt32());
        Assert.Equal((0, 0), (stats.GetProperty("slots").GetInt32(), stats.GetProperty("liveWorkers").GetInt32()));
        Assert.False(stats.GetProperty("atLeast").GetBoolean());
        Assert.Contains("1+", table.Output);
        Assert.Contains("counting stopped after 1 row", table.Output);
    }

    [Theory]
    [InlineData("bash", "complete -o default")]
    [InlineData("zsh", "compdef")]
    [InlineData("fish", "complete -c hydra")]
    [InlineData("pwsh", "Register-ArgumentCompleter")]
    public async Task Shells_get_a_script_that_asks_for_completions(string shell, string content)
    {
        var script = await ProgramProcess.RunAsync(Programs.Cli, Scene.Root, ["completion", shell]);

        Assert.Equal(0, script.Code);
        Assert.Contains(content, script.Output);
        Assert.Contains("[suggest:", script.Output);
    }

    [Fact]
    public async Task What_the_scripts_ask_is_answered_without_a_database()
    {
        var commands = await ProgramProcess.RunAsync(Programs.Cli, Scene.Root, ["[suggest:8]", "hydra te"]);
        var states = await ProgramProcess.RunAsync(Programs.Cli, Scene.Root, ["[suggest:19]", "hydra list --state "]);

        Assert.Contains("terminate", commands.Output.Split('\n'));
        Assert.Contains("timedOut", states.Output.Split('\n'));
    }

    private async Task<string> StartAsync(string input, params IEnumerable<string> options)
    {
        var started = await Scene.HydraJsonAsync(["start", "scripted", "--input", input, .. options]);
        return started.GetProperty("id").GetString()!;
    }

    private Task<JsonElement> WhyAsync(string id) => Scene.HydraJsonAsync("why", id);

    private async Task<JsonElement> SeeAsync(string id, Func<JsonElement, bool> condition)
    {
        JsonElement why = default;
        await Eventually.HoldsAsync("hydra why says so", async () => condition(why = await WhyAsync(id)));
        return why;
    }
}
