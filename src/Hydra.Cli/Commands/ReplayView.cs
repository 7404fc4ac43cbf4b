using System.Text.Json;

namespace Hydra.Cli.Commands;

/// <summary>What came of replays, for people and as JSON.</summary>
internal static class ReplayView
{
    private const int ValueWidth = 60;

    private static readonly string[] BriefProperties =
        ["id", "workflow", "key", "state", "verdict", "difference", "warnings"];

    public static bool Matches(JsonElement report) => report.GetProperty("verdict").GetString() == "matches";

    /// <summary>A report without its steps, which would not fit in memory for many executions.</summary>
    public static JsonElement Brief(JsonElement report) => JsonSerializer.SerializeToElement(
        BriefProperties.ToDictionary(name => name, report.GetProperty));

    /// <summary>Writes many reports and their numbers as one object.</summary>
    public static void Write(
        Utf8JsonWriter writer, IReadOnlyList<JsonElement> reports, ReplaySummary summary, bool atLimit)
    {
        writer.WriteStartObject();
        writer.WriteNumber("total", summary.Total);
        writer.WriteNumber("broken", summary.Broken);
        writer.WriteBoolean("atLimit", atLimit);
        writer.WriteStartArray("summary");
        foreach (var count in summary.Counts)
        {
            writer.WriteStartObject();
            writer.WriteString("workflow", count.Workflow);
            writer.WriteString("verdict", Arguments.Camel(count.Verdict));
            writer.WriteNumber("count", count.Count);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("executions");
        foreach (var report in reports)
        {
            report.WriteTo(writer);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    /// <summary>Prints what does not match, and the numbers.</summary>
    public static void Print(
        IReadOnlyList<JsonElement> reports, ReplaySummary summary, Terminal terminal)
    {
        foreach (var report in reports)
        {
            terminal.WriteParagraph(Headline(report));
            PrintWords(report, terminal);
        }

        if (summary.Total == 0)
        {
            terminal.WriteLine("No executions to replay.");
            return;
        }

        var table = new Listing(
            new Column("Workflow", Shrinks: true), new Column("Verdict"), new Column("Count", IsNumber: true));
        foreach (var count in summary.Counts)
        {
            table.Add(count.Workflow, Arguments.Camel(count.Verdict), Tables.Number(count.Count));
        }

        terminal.Write(table);
    }

    /// <summary>Prints the one report that there is.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> PrintOneAsync(
        IAsyncEnumerable<JsonDocument> answers, bool isDryRun, Terminal terminal)
    {
        await foreach (var answer in answers)
        {
            using (answer)
            {
                var report = answer.RootElement.GetProperty("report");
                if (terminal.Json)
                {
                    terminal.WriteLine(report.GetRawText());
                }
                else
                {
                    Print(report, isDryRun, terminal);
                }

                return Matches(report) ? ExitCode.Done : ExitCode.Failed;
            }
        }

        throw new InvalidOperationException("The program answered nothing.");
    }

    private static void Print(JsonElement report, bool isDryRun, Terminal terminal)
    {
        terminal.WriteLine(Headline(report));
        PrintWords(report, terminal);
        PrintSteps(report.GetProperty("steps"), isDryRun, terminal);
        PrintCalls(report.GetProperty("calls"), terminal);
        foreach (var (name, title) in (ReadOnlySpan<(string, string)>)
            [("recordedEnd", "It ended"), ("foundEnd", "The code ends")])
        {
            if (report.GetProperty(name) is { ValueKind: JsonValueKind.Object } end)
            {
                var value = end.GetProperty("failure") is { ValueKind: JsonValueKind.Object } failure
                    ? $"{Text(failure, "type")}: {Text(failure, "message")}"
                    : Text(end, "output");
                terminal.WriteParagraph($"{title}: {Text(end, "state")} {value}".TrimEnd());
            }
        }
    }

    private static string Headline(JsonElement report) =>
        $"{Text(report, "workflow")} {Text(report, "id")} ({Text(report, "state")}): {Text(report, "verdict")}";

    private static void PrintWords(JsonElement report, Terminal terminal)
    {
        if (Text(report, "difference") is { Length: > 0 } difference)
        {
            terminal.WriteParagraph("  " + difference);
        }

        foreach (var warning in report.GetProperty("warnings").EnumerateArray())
        {
            terminal.WriteParagraph("  Mind: " + warning.GetString());
        }
    }

    private static void PrintSteps(JsonElement steps, bool isDryRun, Terminal terminal)
    {
        if (steps.GetArrayLength() == 0)
        {
            return;
        }

        var table = new Listing(
            new Column("Seq", IsNumber: true),
            new Column("Recorded", Shrinks: true),
            new Column("Input", Rank: 2, Shrinks: true),
            new Column(""),
            new Column("Code", Shrinks: true),
            new Column("Its input", Rank: 1, Shrinks: true));
        foreach (var step in steps.EnumerateArray())
        {
            var found = step.GetProperty("found");
            table.Add(
                Text(step, "seq"),
                $"{Text(step, "kind")} {Text(step, "key")}".TrimEnd(),
                Tables.Short(Text(step, "input"), ValueWidth),
                step.GetProperty("equal").GetBoolean() ? "=" : isDryRun ? "not given" : "differs",
                found.ValueKind == JsonValueKind.Object ? $"{Text(found, "kind")} {Text(found, "key")}" : "",
                found.ValueKind == JsonValueKind.Object ? Tables.Short(Text(found, "input"), ValueWidth) : "");
        }

        terminal.WriteLine("\nWhat is recorded, and what the code calls in its place");
        terminal.Write(table);
    }

    private static void PrintCalls(JsonElement calls, Terminal terminal)
    {
        if (calls.GetArrayLength() == 0)
        {
            return;
        }

        var table = new Listing(
            new Column("Call", Shrinks: true), new Column("Place"), new Column("Input", Shrinks: true));
        foreach (var call in calls.EnumerateArray())
        {
            table.Add(
                $"{Text(call, "kind")} {Text(call, "key")}",
                $"{Text(call, "position")}.{Text(call, "ordinal")}",
                Tables.Short(Text(call, "input"), ValueWidth));
        }

        terminal.WriteLine("\nWhat the code awaits then");
        terminal.Write(table);
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name) switch
    {
        { ValueKind: JsonValueKind.Null } => "",
        { ValueKind: JsonValueKind.String } text => text.GetString()!,
        var value => value.GetRawText(),
    };
}
