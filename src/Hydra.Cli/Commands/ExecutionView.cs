using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace Hydra.Cli.Commands;

/// <summary>An execution for people. It shows what the JSON says, so that the two never differ.</summary>
internal static class ExecutionView
{
    private const int ValueWidth = 60;
    private const int LongestValue = 2_000;

    // What is left out first when there is no room; what is not named stays.
    private static readonly Dictionary<string, int> Ranks = new(StringComparer.Ordinal)
    {
        ["epoch"] = 8,
        ["finishedAt"] = 7,
        ["startedAt"] = 6,
        ["worker"] = 5,
        ["seq"] = 4,
        ["attempt"] = 3,
        ["at"] = 2,
        ["input"] = 1,
    };

    private static readonly string[] Flexible = ["key", "input", "output", "failure", "difference"];

    // Shown at the top or nowhere: arrays have tables of their own, and nulls say nothing.
    private static readonly string[] Summary =
    [
        "id", "workflow", "key", "namespace", "state", "blockedReason", "attempt", "maxAttempts", "crashes", "epoch",
        "cancelRequested", "origin",
        "createdAt", "startedAt", "finishedAt", "dueAt", "deadline", "input", "output", "failure",
    ];

    public static void Print(ExecutionDetails details, Terminal terminal)
    {
        using var document = JsonDocument.Parse(
            ExecutionJson.Format(details), new JsonDocumentOptions { MaxDepth = 1024 });
        var execution = document.RootElement;
        var grid = new Grid().AddColumns(2);
        foreach (var name in Summary)
        {
            var text = Text(execution.GetProperty(name));
            if (text is not "" and not "false")
            {
                grid.AddRow(new Text(name), new Text(Tables.Short(Tables.Printable(text), LongestValue)));
            }
        }

        terminal.Write(grid);
        if (execution.TryGetProperty("problems", out var problems))
        {
            foreach (var problem in problems.EnumerateArray())
            {
                terminal.Warn(problem.GetString()!);
            }
        }

        PrintTable(terminal, execution, "steps",
            ["seq", "key", "attempt", "state", "origin", "startedAt", "finishedAt",
                "worker", "input", "output", "failure"]);
        PrintTable(terminal, execution, "timeline", ["seq", "kind", "at", "epoch", "worker", "key", "failure"]);
        PrintTable(terminal, execution, "crashHistory", ["epoch", "worker", "at"]);
        PrintTable(terminal, execution, "refusals", ["build", "at", "difference"]);
    }

    private static void PrintTable(Terminal terminal, JsonElement execution, string name, string[] columns)
    {
        var rows = execution.GetProperty(name);
        if (rows.GetArrayLength() == 0)
        {
            return;
        }

        terminal.WriteLine($"\n{name}");
        var table = new Listing([.. columns.Select(column =>
            new Column(column, Ranks.GetValueOrDefault(column), Flexible.Contains(column)))]);
        foreach (var row in rows.EnumerateArray())
        {
            table.Add(columns.Select(column =>
                row.TryGetProperty(column, out var value) ? Tables.Short(Text(value), ValueWidth) : ""));
        }

        terminal.Write(table);
    }

    private static string Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => "",
        JsonValueKind.String when IsTime(value.GetString()!) => $"{value.GetString()![..23].Replace('T', ' ')}Z",
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Object when value.TryGetProperty("type", out var type) && value.TryGetProperty("stack", out _) =>
            string.Create(CultureInfo.InvariantCulture, $"{type}: {value.GetProperty("message")}"),
        _ => value.GetRawText(),
    };

    /// <remarks>People need no microseconds.</remarks>
    private static bool IsTime(string text) =>
        text is [_, _, _, _, '-', _, _, '-', _, _, 'T', _, _, ':', _, _, ':', _, _, '.', _, _, _, _, _, _, 'Z'];
}
