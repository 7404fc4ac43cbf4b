using System.CommandLine;

namespace Hydra.Cli.Commands;

/// <summary>Wraps the keys of subjects with the current key of the ring.</summary>
internal static class RewrapCommand
{
    public static Command Create(CommandRunner runner)
    {
        var command = new Command(
            "rewrap", "Wraps the keys of all subjects with the first key of the ring, so that others can be dropped.");
        command.SetAction(runner.Action(static _ => static async (client, terminal, cancellationToken) =>
        {
            var summary = await client.RewrapSubjectKeysAsync(cancellationToken);
            if (terminal.Json)
            {
                terminal.WriteJson(writer =>
                {
                    writer.WriteStartObject();
                    writer.WriteNumber("rewrapped", summary.Rewrapped);
                    writer.WriteNumber("left", summary.Left);
                    writer.WriteNumber("kept", summary.Kept);
                    writer.WriteEndObject();
                });
            }
            else
            {
                terminal.WriteLine(
                    $"{summary.Rewrapped} of {summary.Kept} keys of subjects in this namespace are wrapped anew.");
                terminal.WriteLine(summary.Kept == 0
                    ? "No keys of subjects are kept in this database for this namespace. Those that an application "
                        + "keeps elsewhere are not wrapped anew: call client.RewrapSubjectKeysAsync there."
                    : summary.Left == 0 ? "All of these are wrapped with the first key of the ring now."
                    : $"{summary.Left} are not: the ring lacks the keys that wrap them, or they are damaged.");
            }

            return summary.Left == 0 ? ExitCode.Done : ExitCode.Failed;
        }));
        return command;
    }
}
