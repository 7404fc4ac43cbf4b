using System.Text;
using System.Text.Json;
using Hydra.Storage;
using Hydra.Tests.Support;

namespace Hydra.Tests.Replay;

/// <summary>What a program answers that is asked for its code only, and the histories that it is given.</summary>
public class ReplayProgramTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Histories_are_replayed_without_their_database_in_their_order()
    {
        await using var world = new World();
        var handle = await world.StartAsync(Code("one"), 0);
        var details = await world.EndOf(handle);
        var other = details with { Journal = [.. details.Journal.Select(Renamed)] };

        var answers = await AskAsync(
            hydra => hydra.AddWorkflow("test", Code("one")), Request(details), "no json", Request(other));

        Assert.Equal("""{"protocol":2,"workflows":["test"]}""", answers[0]);
        Assert.Equal("matches", Report(answers[1]).GetProperty("verdict").GetString());
        Assert.Equal("1", Report(answers[1]).GetProperty("foundEnd").GetProperty("output").GetRawText());
        Assert.Contains("invalid", answers[2], StringComparison.Ordinal);
        Assert.Equal("differs", Report(answers[3]).GetProperty("verdict").GetString());
        var step = Report(answers[3]).GetProperty("steps")[0];
        Assert.Equal("renamed", step.GetProperty("key").GetString());
        Assert.Equal("one", step.GetProperty("found").GetProperty("key").GetString());
        Assert.False(step.GetProperty("equal").GetBoolean());
    }

    [Fact]
    public async Task A_history_says_everything_that_is_recorded()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            async (WorkflowContext context, string _) =>
            {
                await context.StepAsync("a", "ü\u2028\n\"", (_, _) => Task.FromResult<double?>(null));
                await context.StepAsync<int>(
                    "b", _ => throw new InvalidOperationException("no"), new() { Retry = new() { MaxAttempts = 2 } });
                return 1;
            },
            "<&>",
            new() { Key = "k", MaxAttempts = 2, Timeout = TimeSpan.FromHours(1) });
        var details = await world.EndOf(handle);
        details = details with
        {
            Journal =
            [
                details.Journal[0] with { Input = Payload.Create("{ }\n"u8) },
                details.Journal[1] with { Input = Payload.Create([1, 2, 3], "application/octet-stream", version: 7) },
                details.Journal[2] with { Input = Payload.Create("no json"u8) },
                .. details.Journal.Skip(3),
            ],
            Crashes = [new CrashRow(3, new SessionId(long.MaxValue), "w", new Instant(5))],
            Refusals =
            [
                new RefusalRow("b", Payload.Create("1.0"u8), new Instant(6)),
                new RefusalRow("c", Payload.Create("""{"a":"\ud800"}"""u8), new Instant(7)),
                new RefusalRow("d", Payload.Create([(byte)'"', 0xFF, (byte)'"']), new Instant(8)),
            ],
        };

        var line = HistoryJson.Format(details);
        var read = HistoryJson.Parse(line);

        Assert.DoesNotContain('\n', line);
        Assert.Equal((details.Namespace, details.Row), (read.Namespace, read.Row));
        Assert.Equal(details.Journal, read.Journal);
        Assert.Equal(details.Tries, read.Tries);
        Assert.Equal(details.Crashes, read.Crashes);
        Assert.Equal(details.Refusals, read.Refusals);
        Assert.Contains(details.Tries, one => one.Phase == TryPhase.Failed);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[1")]
    public void What_is_no_history_is_refused(string json) =>
        Assert.Throws<FormatException>(() => HistoryJson.Parse(json));

    private static Func<WorkflowContext, int, Task<int>> Code(string step) =>
        (context, _) => context.StepAsync(step, 7, (_, _) => Task.FromResult(1));

    private static JournalEntry Renamed(JournalEntry entry) =>
        entry.Kind == EntryKind.Step ? entry with { Key = "renamed" } : entry;

    private static string Request(ExecutionDetails details) =>
        $$"""{"patience":5,"history":{{HistoryJson.Format(details)}}}""";

    private static JsonElement Report(string answer) => JsonElement.Parse(answer).GetProperty("report");

    /// <summary>Gives lines to a program with an empty store, and tells its answers without their mark.</summary>
    private static async Task<string[]> AskAsync(Action<HydraBuilder> configure, params string[] lines)
    {
        await using var engine = await HydraEngine.OpenAsync(
            hydra =>
            {
                hydra.UseInMemory();
                configure(hydra);
            },
            Token);
        using var input = new StringReader(string.Join('\n', lines));
        using var output = new MemoryStream();
        await ReplayProgram.ServeAsync((HydraClient)engine.Client, ["test"], input, output, "mark", Token);
        return
        [
            .. Encoding.UTF8.GetString(output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line =>
                {
                    Assert.StartsWith("hydra-replay mark {", line, StringComparison.Ordinal);
                    return line["hydra-replay mark ".Length..];
                }),
        ];
    }
}
