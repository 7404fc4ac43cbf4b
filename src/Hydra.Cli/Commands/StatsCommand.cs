using System.CommandLine;
using Hydra.Storage;

namespace Hydra.Cli.Commands;

/// <summary>Shows how many executions there are, what is due and how busy the workers are.</summary>
internal static class StatsCommand
{
    public static Command Create(CommandRunner runner)
    {
        var limit = new Option<int>("--limit")
        {
            Description = "How many rows each count looks at; where there may be more, it says so.",
            HelpName = "N",
            DefaultValueFactory = _ => 10_000,
        };
        var command = new Command("stats", "Counts executions by state and workflow, what is due and slots.") { limit };
        command.SetAction(runner.Action(parse => async (client, terminal, cancellationToken) =>
        {
            var statistics = await client.StatisticsAsync(parse.GetValue(limit), cancellationToken);
            if (terminal.Json)
            {
                terminal.WriteJson(writer => ExecutionJson.Write(writer, statistics));
            }
            else
            {
                Print(statistics, terminal);
            }

            return ExitCode.Done;
        }));
        return command;
    }

    private static void Print(Statistics it, Terminal terminal)
    {
        if (it.Counts.Executions.Count == 0)
        {
            terminal.WriteLine($"No executions in namespace '{it.Namespace}'.");
        }
        else
        {
            var matrix = Matrix(it.Counts.Executions);
            terminal.Write(matrix.Fits(terminal.Width) ? matrix : Long(it.Counts.Executions));
            terminal.WriteLine("");
        }

        foreach (var line in Lines(it))
        {
            terminal.WriteParagraph(line);
        }
    }

    private static Listing Matrix(IReadOnlyList<ExecutionCount> counts)
    {
        var states = counts.Select(count => count.State).Distinct().Order().ToList();
        var matrix = new Listing(
        [
            new Column("Workflow"),
            .. states.Select(state => new Column(Arguments.Camel(state), IsNumber: true)),
        ]);
        foreach (var workflow in counts.GroupBy(count => count.Workflow, StringComparer.Ordinal))
        {
            matrix.Add([workflow.Key, .. states.Select(state => Cell(workflow.Where(one => one.State == state)))]);
        }

        return matrix;
    }

    /// <summary>A line for each workflow and state, where they do not fit side by side.</summary>
    private static Listing Long(IReadOnlyList<ExecutionCount> counts)
    {
        var list = new Listing(
            new Column("Workflow", Shrinks: true), new Column("State"), new Column("Count", IsNumber: true));
        foreach (var group in counts.GroupBy(count => (count.Workflow, count.State)))
        {
            list.Add(group.Key.Workflow, Arguments.Camel(group.Key.State), Cell(group));
        }

        return list;
    }

    private static string Cell(IEnumerable<ExecutionCount> counts)
    {
        var all = counts.ToList();
        return all.Count == 0 ? "" : Number(all.Sum(count => count.Count), all.Exists(count => count.AtLeast));
    }

    private static IEnumerable<string> Lines(Statistics it)
    {
        yield return it.OldestDueAt is { } oldest
            ? $"Due now: {Number(it.Due, it.Counts.Due.Any(due => due.AtLeast))}, the oldest for "
                + $"{Tables.Span(it.Counts.Now.Since(oldest))}."
            : "Due now: none.";
        yield return $"Slots: {it.SlotsInUse} of {it.Slots} in use, {it.LiveWorkers.Count} "
            + $"{(it.LiveWorkers.Count == 1 ? "worker" : "workers")} live.";
        if (it.Quarantined + it.Mismatched > 0)
        {
            yield return $"Blocked: {it.Quarantined} quarantined, {it.Mismatched} that no build can replay. "
                + "See: hydra list --state blocked";
        }

        if (it.AtLeast)
        {
            yield return $"A + marks where counting stopped after {Number(it.Limit, atLeast: false)} "
                + $"{(it.Limit == 1 ? "row" : "rows")}; "
                + "--limit raises that. Completed ones are counted among the newest only.";
        }
    }

    private static string Number(long count, bool atLeast) => Tables.Number(count) + (atLeast ? "+" : "");
}
