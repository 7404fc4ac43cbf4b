using System.CommandLine;
using Hydra.Storage;

namespace Hydra.Cli.Commands;

/// <summary>Lists executions, the newest first.</summary>
internal static class ListCommand
{
    public static Command Create(CommandRunner runner)
    {
        var state = Arguments.State();
        var workflow = new Option<string?>("--workflow")
        {
            Description = "Only executions of this workflow.",
            HelpName = "W",
        };
        var limit = new Option<int>("--limit")
        {
            Description = "How many at most, 1 to 1000.",
            HelpName = "N",
            DefaultValueFactory = _ => new ExecutionFilter().Limit,
        };
        var command = new Command("list", "Lists executions, the newest first.") { state, workflow, limit };
        command.SetAction(runner.Action(parse => async (client, terminal, cancellationToken) =>
        {
            var filter = new ExecutionFilter
            {
                State = parse.GetValue(state),
                Workflow = parse.GetValue(workflow),
                Limit = parse.GetValue(limit),
            };
            var rows = await client.ListAsync(filter, cancellationToken);
            Print(rows, client.Namespace, terminal);
            return ExitCode.Done;
        }));
        return command;
    }

    private static void Print(IReadOnlyList<ExecutionRow> rows, string @namespace, Terminal terminal)
    {
        if (terminal.Json)
        {
            terminal.WriteJson(writer =>
            {
                writer.WriteStartArray();
                foreach (var row in rows)
                {
                    ExecutionJson.Write(writer, @namespace, row);
                }

                writer.WriteEndArray();
            });
            return;
        }

        if (rows.Count == 0)
        {
            terminal.WriteLine($"No executions in namespace '{@namespace}'.");
            return;
        }

        var table = new Listing(
            new Column("Id"),
            new Column("Workflow", Shrinks: true),
            new Column("Key", Rank: 2, Shrinks: true),
            new Column("State"),
            new Column("Attempt", Rank: 4),
            new Column("Crashes", Rank: 5, IsNumber: true),
            new Column("Created", Rank: 3),
            new Column("Ended", Rank: 1));
        foreach (var row in rows)
        {
            table.Add(
                row.Id.ToString(),
                row.Workflow,
                row.Key ?? "",
                Arguments.Camel(row.State),
                Tables.Of(row.Attempt, row.MaxAttempts),
                row.Crashes == 0 ? "" : Tables.Number(row.Crashes),
                Tables.Time(row.CreatedAt),
                row.FinishedAt is { } end ? Tables.Time(end) : "");
        }

        terminal.Write(table);
    }
}
