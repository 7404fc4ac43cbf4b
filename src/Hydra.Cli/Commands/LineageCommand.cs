using System.CommandLine;
using System.Text.Json;

namespace Hydra.Cli.Commands;

/// <summary>Tells what an execution was made of and what was made of it, or where a value came from and went.</summary>
internal static class LineageCommand
{
    public static Command Create(CommandRunner runner)
    {
        var id = Arguments.Id();
        id.Arity = ArgumentArity.ZeroOrOne;
        var value = new Option<string?>("--value")
        {
            Description =
                "Look for this value in inputs and outputs: of the lineage of ID, or of the newest executions.",
            HelpName = "JSON",
        };
        var path = new Option<string?>("--path")
        {
            Description = "Where the value stands, as $.order.id. By default anywhere.",
            HelpName = "PATH",
        };
        var workflow = new Option<string?>("--workflow")
        {
            Description = "Only executions of this workflow.",
            HelpName = "W",
        };
        var within = Arguments.Duration("--within", "Only executions that were started since so long.");
        var limit = new Option<int>("--limit")
        {
            Description = "How many executions are looked through at most, 1 to 1000.",
            HelpName = "N",
            DefaultValueFactory = _ => 100,
        };
        var command = new Command(
            "lineage", "Tells what an execution was made of, or which steps made a value and took it.")
        {
            id, value, path, workflow, within, limit,
        };
        command.SetAction(runner.Action(parse =>
        {
            ExecutionId? one = parse.GetResult(id) is { Tokens.Count: > 0 } ? parse.GetValue(id) : null;
            if (one is null && parse.GetValue(value) is null)
            {
                throw new UsageException("Give the ID of an execution, or a --value to look for.");
            }

            Check(parse, one, parse.GetValue(value), path, [workflow, within, limit]);
            var query = parse.GetValue(value) is not { } text ? null : new TraceQuery
            {
                Value = text,
                Path = parse.GetValue(path),
                Workflow = parse.GetValue(workflow),
                Since = parse.GetValue(within) is { } span ? TimeProvider.System.GetUtcNow() - span : null,
                Limit = parse.GetValue(limit),
            };
            return (client, terminal, cancellationToken) => RunAsync(client, one, query, terminal, cancellationToken);
        }));
        return command;
    }

    /// <summary>Refuses what would be ignored: a lineage is traced as a whole, and only a value has a path.</summary>
    private static void Check(
        ParseResult parse, ExecutionId? id, string? value, Option path, IReadOnlyList<Option> filters)
    {
        if (value is null && IsGiven(path))
        {
            throw new UsageException("--path is where a --value stands: give the value.");
        }

        if (id is not null && filters.FirstOrDefault(IsGiven) is { } filter)
        {
            throw new UsageException(
                $"{filter.Name} is for values among the newest executions; with an ID all of its lineage is looked "
                + "through.");
        }

        bool IsGiven(Option option) => parse.GetResult(option) is { Implicit: false };
    }

    private static async Task<int> RunAsync(
        IHydraClient client, ExecutionId? id, TraceQuery? query, Terminal terminal, CancellationToken cancellationToken)
    {
        var lineage = id is { } one ? await client.Execution(one).LineageAsync(cancellationToken) : null;
        if (query is null)
        {
            Print(lineage!, terminal);
            return ExitCode.Done;
        }

        var trace = await client.TraceAsync(
            lineage is null ? query : query with { Executions = [.. lineage.Executions.Select(node => node.Id)] },
            cancellationToken);
        Print(lineage is { AtLeast: true } ? trace with { AtLeast = true } : trace, terminal);
        return ExitCode.Done;
    }

    private static void Print(Lineage lineage, Terminal terminal)
    {
        if (terminal.Json)
        {
            terminal.WriteJson(writer => ExecutionJson.Write(writer, lineage));
            return;
        }

        var table = new Listing(
            new Column("Id"),
            new Column("Came from"),
            new Column("Workflow", Rank: 1, Shrinks: true),
            new Column("Key", Rank: 3, Shrinks: true),
            new Column("State"),
            new Column("Created", Rank: 2));
        foreach (var node in lineage.Executions)
        {
            table.Add(
                $"{new string(' ', node.Depth * 2)}{node.Id}{(node.Id == lineage.Id ? " *" : "")}",
                NewExecution.Say(node.Origin),
                node.Row?.Workflow ?? "",
                node.Row?.Key ?? "",
                node.Row is { } row ? Arguments.Camel(row.State) : "removed",
                node.Row is { } there ? Tables.Time(there.CreatedAt) : "");
        }

        terminal.Write(table);
        if (lineage.AtLeast)
        {
            terminal.Warn("There are more than are shown.");
        }
    }

    private static void Print(Trace trace, Terminal terminal)
    {
        if (terminal.Json)
        {
            terminal.WriteJson(writer => ExecutionJson.Write(writer, trace));
            return;
        }

        var table = new Listing(
            new Column("Id"),
            new Column("Seq", Rank: 3, IsNumber: true),
            new Column("Role"),
            new Column("Step", Shrinks: true),
            new Column("Path", Shrinks: true),
            new Column("Workflow", Rank: 1, Shrinks: true),
            new Column("At", Rank: 2));
        foreach (var match in trace.Matches)
        {
            table.Add(
                match.Execution.ToString(),
                Tables.Number(match.Seq),
                JsonNamingPolicy.CamelCase.ConvertName(match.Role.ToString()),
                match.Step,
                match.Path,
                match.Workflow,
                Tables.Time(match.At));
        }

        if (trace.Matches.Count > 0)
        {
            terminal.Write(table);
        }

        terminal.WriteLine(
            $"Found in {Tables.Number(trace.Matches.Count)} places of {Tables.Number(trace.ExecutionsRead)} executions"
            + (trace.AtLeast ? "; there are, or may be, others that were not looked through." : "."));
    }
}
