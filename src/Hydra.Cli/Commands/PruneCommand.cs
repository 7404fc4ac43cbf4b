using System.CommandLine;

namespace Hydra.Cli.Commands;

/// <summary>Deletes what has ended, the oldest first.</summary>
internal static class PruneCommand
{
    public static Command Create(CommandRunner runner)
    {
        var olderThan = Arguments.Duration(
            "--older-than", "How long ago they have ended at least: 30d. Two hours or more.");
        olderThan.Required = true;
        var state = Arguments.State();
        var workflow = new Option<string?>("--workflow")
        {
            Description = "Only executions that were started under this name.",
            HelpName = "W",
        };
        var archive = new Option<string?>("--archive")
        {
            Description = "Add them to this file before they are deleted, a line of JSON each; sensitive values are "
                + "masked in it.",
            HelpName = "FILE",
        };
        var limit = new Option<int>("--limit")
        {
            Description = "How many at most.",
            HelpName = "N",
            DefaultValueFactory = _ => int.MaxValue,
        };
        var dryRun = new Option<bool>("--dry-run") { Description = "Only count them." };
        var command = new Command("prune", "Deletes executions that have ended, with their keys, for ever.")
        {
            olderThan, state, workflow, archive, limit, dryRun,
        };
        command.SetAction(runner.Action(parse =>
        {
            var file = parse.GetValue(archive);
            var options = new PruneOptions
            {
                OlderThan = parse.GetValue(olderThan)!.Value,
                State = parse.GetValue(state),
                Workflow = parse.GetValue(workflow),
                Limit = parse.GetValue(limit),
                DryRun = parse.GetValue(dryRun),
                Archive = file is null ? null : new JsonLinesArchive(file),
            };
            return async (client, terminal, cancellationToken) =>
            {
                var summary = await client.PruneAsync(options, cancellationToken);
                Print(summary, options.DryRun, file, terminal);
                return summary.NotArchived == 0 ? ExitCode.Done : ExitCode.Failed;
            };
        }));
        return command;
    }

    private static void Print(PruneSummary summary, bool dryRun, string? file, Terminal terminal)
    {
        if (terminal.Json)
        {
            terminal.WriteJson(writer =>
            {
                writer.WriteStartObject();
                writer.WriteNumber("deleted", dryRun ? 0 : summary.Deleted);
                writer.WriteNumber("wouldBeDeleted", dryRun ? summary.Deleted : 0);
                writer.WriteNumber("passedOver", summary.PassedOver);
                writer.WriteNumber("notArchived", summary.NotArchived);
                writer.WriteString("archive", dryRun ? null : file);
                writer.WriteEndObject();
            });
            return;
        }

        var what = $"{Tables.Number(summary.Deleted)} {(summary.Deleted == 1 ? "execution" : "executions")}";
        terminal.WriteLine(dryRun
            ? $"{what} would be deleted."
            : $"Deleted {what}{(file is null ? "" : $", archived in {file}")}.");
        if (summary.PassedOver > 0)
        {
            terminal.WriteLine(
                $"Passed over {Tables.Number(summary.PassedOver)}, which somebody held or deleted meanwhile. "
                + "Run it again.");
        }

        if (summary.NotArchived > 0)
        {
            terminal.Warn(
                $"{Tables.Number(summary.NotArchived)} cannot be archived and were kept: values of theirs cannot be "
                + "read here. Pass the keys that they are encrypted with (--keys).");
        }
    }
}
