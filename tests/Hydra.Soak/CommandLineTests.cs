using System.Text.Json;
using Hydra.Soak.Support;

namespace Hydra.Soak;

/// <summary>The command line as a person or a script uses it, against a worker that is another process.</summary>
public class CommandLineTests : SceneTest
{
    private const string Unknown = "0199a3c4-5e6f-7a8b-9c0d-1e2f3a4b5c6d";
    private const string Sleeper = """{"commands":[{"op":"sleep","millis":600000}]}""";

    [Fact]
    public async Task An_execution_is_started_followed_and_shown()
    {
        await Scene.StartReadyWorkerAsync("w1");

        var started = await Scene.HydraJsonAsync("start", "scripted", "--key", "k", "--input",
            """{"commands":[{"op":"step","name":"a","output":{"x":1}},{"op":"sleep","millis":50}]}""");
        var id = started.GetProperty("id").GetString()!;
        var result = await Scene.HydraAsync("result", id, "--wait");
        var shown = await Scene.HydraJsonAsync("show", id);
        var listed = await Scene.HydraJsonAsync("list", "--state", "completed", "--workflow", "scripted");
        var workers = await Scene.HydraJsonAsync("workers");

        Assert.Equal("""[{"x":1},null]""", result.Output.Trim());
        Assert.Equal("completed", shown.GetProperty("state").GetString());
        Assert.Equal("k", shown.GetProperty("key").GetString());
        Assert.Equal("default", shown.GetProperty("namespace").GetString());
        Assert.Equal("""{"x":1}""", shown.GetProperty("steps")[0].GetProperty("output").GetRawText());
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$", shown.GetProperty("createdAt").GetString());
        Assert.Equal(["input", "sleep", "terminal"],
            shown.GetProperty("timeline").EnumerateArray().Select(entry => entry.GetProperty("kind").GetString()));
        Assert.Equal(id, Assert.Single(listed.EnumerateArray()).GetProperty("id").GetString());
        var worker = Assert.Single(workers.EnumerateArray());
        Assert.Equal("w1", worker.GetProperty("worker").GetString());
        Assert.Contains("scripted", worker.GetProperty("workflows").GetRawText());
    }

    [Fact]
    public async Task People_get_tables()
    {
        await Scene.StartReadyWorkerAsync("w1");
        var id = await StartAsync("""{"commands":[{"op":"step","name":"a","output":"[red]not markup[/]"}]}""");
        await Scene.HydraAsync("result", id, "--wait");

        var list = await Scene.HydraAsync("list");
        var show = await Scene.HydraAsync("show", id);
        var workers = await Scene.HydraAsync("workers");

        Assert.Contains(id, list.Output);
        Assert.Contains("completed", list.Output);
        Assert.Contains("[red]not markup[/]", show.Output);
        Assert.Contains("w1", workers.Output);
    }

    [Fact]
    public async Task A_key_starts_once_however_its_input_is_written()
    {
        await Scene.StartReadyWorkerAsync("w1");
        var first = await StartAsync("""{"commands":[]}""", "--key", "k");

        var same = await StartAsync("""{ "commands" : [ ] }""", "--key", "k");
        var other = await Scene.HydraAsync("start", "scripted", "--key", "k", "--input", Sleeper);

        Assert.Equal(first, same);
        Assert.Equal(1, other.Code);
        Assert.Contains("'k' belongs to execution " + first, other.Error);
    }

    [Fact]
    public async Task Cancel_ends_a_sleeper_and_says_when_there_is_nothing_to_end()
    {
        await Scene.StartReadyWorkerAsync("w1");
        var id = await StartAsync(Sleeper);
        await SeeStateAsync(id, "sleeping");

        var cancelled = await Scene.HydraAsync("cancel", id);
        var result = await Scene.HydraAsync("result", id, "--wait", "--json");
        var again = await Scene.HydraAsync("cancel", id);
        var completed = await StartAsync("""{"commands":[]}""");
        await Scene.HydraAsync("result", completed, "--wait");
        var late = await Scene.HydraAsync("cancel", completed, "--json");

        Assert.Equal(0, cancelled.Code);
        Assert.Equal(1, result.Code);
        Assert.Equal("cancelled", JsonElement.Parse(result.Output).GetProperty("state").GetString());
        Assert.Equal(0, again.Code);
        Assert.Equal(1, late.Code);
        Assert.Contains("had ended before, as completed", Error(late));
    }

    [Fact]
    public async Task A_start_takes_its_options_along()
    {
        await Scene.StartReadyWorkerAsync("w1");

        var delayed = await StartAsync("""{"commands":[]}""", "--delay", "1h");
        var timed = await StartAsync(Sleeper, "--timeout", "300ms");
        var failing = await StartAsync(
            """{"commands":[{"op":"fail"}]}""", "--max-attempts", "2", "--retry-backoff", "10ms");

        await SeeStateAsync(timed, "timedOut");
        var failed = await SeeStateAsync(failing, "failed");
        Assert.Equal(2, failed.GetProperty("attempt").GetInt32());
        var pending = await SeeStateAsync(delayed, "pending");
        var wait = pending.GetProperty("dueAt").GetDateTime() - pending.GetProperty("createdAt").GetDateTime();
        Assert.Equal(TimeSpan.FromHours(1), wait);
    }

    [Fact]
    public async Task A_name_that_no_live_worker_knows_is_warned_of()
    {
        await Scene.StartReadyWorkerAsync("w1");

        var result = await Scene.HydraAsync("start", "scriptde");

        Assert.Equal(0, result.Code);
        Assert.Contains("No live worker knows 'scriptde'", result.Error);
        Assert.Contains("scripted", result.Error);
    }

    [Fact]
    public async Task The_scripts_for_administrators_are_printed_without_a_database()
    {
        var server = new Dictionary<string, string> { ["DATABASE_URL"] = "postgres://nowhere/orders?schema=orders" };

        var worker = await ProgramProcess.RunAsync(Programs.Cli, Scene.Root, ["migrate", "--script", "worker"]);
        var schema = await ProgramProcess.RunAsync(Programs.Cli, Scene.Root, ["migrate", "--script", "schema"], server);
        var reader = await ProgramProcess.RunAsync(
            Programs.Cli,
            Scene.Root,
            ["migrate", "--script", "reader", "--database", "mysql://nowhere/orders?prefix=orders_"]);
        var file = await Scene.HydraAsync("migrate", "--script", "reader");
        var unknown = await Scene.HydraAsync("migrate", "--script", "owner");

        Assert.Equal((0, ""), (worker.Code, worker.Error));
        Assert.Contains("format('CREATE ROLE %I LOGIN', E'hydra_worker')", worker.Output, StringComparison.Ordinal);
        Assert.Contains(
            "GRANT USAGE ON SCHEMA \"hydra\" TO \"hydra_worker\";", worker.Output, StringComparison.Ordinal);
        Assert.Equal((0, ""), (schema.Code, schema.Error));
        Assert.Contains("CREATE TABLE \"orders\".executions (", schema.Output, StringComparison.Ordinal);
        Assert.Equal((0, ""), (reader.Code, reader.Error));
        Assert.Contains(
            "GRANT SELECT ON orders_executions TO 'orders_reader'@'%';", reader.Output, StringComparison.Ordinal);
        Assert.Equal(2, file.Code);
        Assert.Contains("Only servers have roles", file.Error, StringComparison.Ordinal);
        Assert.Equal(2, unknown.Code);
        Assert.False(File.Exists(Scene.Database));
    }

    [Fact]
    public async Task Nothing_is_opened_that_was_not_migrated()
    {
        var before = await Scene.HydraAsync("list", "--json");
        var existed = File.Exists(Scene.Database);
        var migrate = await Scene.HydraAsync("migrate");
        var after = await Scene.HydraAsync("list", "--json");

        Assert.Equal(1, before.Code);
        Assert.NotEmpty(Error(before));
        Assert.False(existed);
        Assert.Equal(0, migrate.Code);
        Assert.Equal((0, "[]"), (after.Code, after.Output.Trim()));
    }

    [Fact]
    public async Task Namespaces_do_not_see_each_other()
    {
        await Scene.StartReadyWorkerAsync("w1");
        var id = await StartAsync(Sleeper);

        var list = await Scene.HydraJsonAsync("list", "--namespace", "other");
        var show = await Scene.HydraAsync("show", id, "--namespace", "other");

        Assert.Empty(list.EnumerateArray());
        Assert.Equal(3, show.Code);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(2, "bogus")]
    [InlineData(2, "start")]
    [InlineData(2, "start", "w", "--input", "{not json}")]
    [InlineData(2, "start", "w", "--input", "\"\\ud800\"")]
    [InlineData(2, "start", "w", "--input", "@missing.json")]
    [InlineData(2, "start", "w", "--max-attempts", "0")]
    [InlineData(2, "start", "w", "--delay", "soon")]
    [InlineData(2, "start", "a#b")]
    [InlineData(2, "list", "--state", "sleepy")]
    [InlineData(2, "list", "--limit", "0")]
    [InlineData(2, "show", "not-an-id")]
    [InlineData(3, "show", Unknown)]
    [InlineData(3, "result", Unknown)]
    [InlineData(3, "cancel", Unknown)]
    [InlineData(3, "why", Unknown)]
    [InlineData(3, "terminate", Unknown)]
    [InlineData(3, "retry", Unknown)]
    [InlineData(2, "terminate", Unknown, "--reason", "")]
    [InlineData(2, "stats", "--limit", "0")]
    [InlineData(2, "completion", "tcsh")]
    [InlineData(1, "pause", Unknown)]
    [InlineData(1, "signal", Unknown, "name", "--input", "1")]
    [InlineData(0, "list")]
    [InlineData(0, "--help")]
    public async Task The_exit_code_tells_what_happened(int code, params string[] arguments)
    {
        await Scene.OpenClientAsync(); // Which migrates.

        var result = await Scene.HydraAsync(arguments);

        Assert.Equal(code, result.Code);
        Assert.DoesNotContain("   at ", result.Error);
        if (code != 0 && arguments.Length > 0)
        {
            Assert.Single(result.Error.Trim().Split('\n'));
        }
    }

    [Theory]
    [InlineData("bogus")]
    [InlineData("show", Unknown)]
    [InlineData("why", Unknown)]
    public async Task Errors_are_JSON_when_the_answer_is(params string[] arguments)
    {
        await Scene.OpenClientAsync();

        var result = await Scene.HydraAsync([.. arguments, "--json"]);

        Assert.NotEmpty(Error(result));
        Assert.Empty(result.Output);
    }

    [Theory]
    [InlineData("postgres://user:secret@host/db")]
    [InlineData("Host=h;Password=secret")]
    public async Task A_password_in_the_arguments_is_refused_and_not_repeated(string url)
    {
        var result = await Scene.HydraAsync("list", "--database", url);

        Assert.Equal(2, result.Code);
        Assert.Contains("--database @file", result.Error);
        Assert.DoesNotContain("secret", result.Error);
    }

    [Fact]
    public async Task The_database_is_named_by_a_file_or_by_standard_input_too()
    {
        await Scene.HydraAsync("migrate");
        await File.WriteAllTextAsync(Path.Combine(Scene.Root, "url"), Scene.Url + "\n", Cancellation);

        var byFile = await RunAsync(null, "list", "--database", "@url", "--json");
        var byInput = await RunAsync(Scene.Url, "list", "--database", "-", "--json");
        var byPath = await RunAsync(null, "list", "--database", "sqlite:hydra.db", "--json");
        var byConnection = await RunAsync(null, "list", "--database", "Data Source=hydra.db", "--json");
        var byNothing = await RunAsync(null, "list");

        Assert.All(
            [byFile, byInput, byPath, byConnection],
            result => Assert.Equal((0, "[]\n"), (result.Code, result.Output)));
        Assert.Equal(2, byNothing.Code);
        Assert.Contains("DATABASE_URL", byNothing.Error);
    }

    [Fact]
    public async Task The_input_is_read_from_standard_input_too()
    {
        await Scene.StartReadyWorkerAsync("w1");

        var result = await RunAsync("""{"commands":[{"op":"step","name":"a","output":7}]}""",
            "start", "scripted", "--input", "-", "--wait", "--database", Scene.Url);

        Assert.Equal((0, "[7]\n"), (result.Code, result.Output));
    }

    private static string Error(ProgramResult result) =>
        JsonElement.Parse(result.Error).GetProperty("error").GetString()!;

    private Task<ProgramResult> RunAsync(string? input, params IEnumerable<string> arguments) =>
        ProgramProcess.RunAsync(Programs.Cli, Scene.Root, arguments, input: input);

    private async Task<string> StartAsync(string input, params IEnumerable<string> options)
    {
        var started = await Scene.HydraJsonAsync(["start", "scripted", "--input", input, .. options]);
        return started.GetProperty("id").GetString()!;
    }

    private async Task<JsonElement> SeeStateAsync(string id, string state)
    {
        var handle = (await Scene.OpenClientAsync()).Execution(ExecutionId.Parse(id, null));
        JsonElement shown = default;
        await Eventually.HoldsAsync($"{id} is {state}", async () =>
        {
            shown = JsonElement.Parse(ExecutionJson.Format(await handle.DescribeAsync(Cancellation)));
            return shown.GetProperty("state").GetString() == state;
        });
        return shown;
    }
}
