using System.CommandLine;

namespace Hydra.Cli.Commands;

/// <summary>Commands of the contract that are not in this version: they say so instead of being unknown.</summary>
internal static class LaterCommands
{
    private static readonly string[] Names =
    [
        "pause", "resume", "signal",
    ];

    public static void AddTo(RootCommand root, CommandRunner runner)
    {
        foreach (var name in Names)
        {
            var command = new Command(name) { Hidden = true, TreatUnmatchedTokensAsErrors = false };
            command.SetAction(parse =>
            {
                runner.Terminal(parse).Fail($"'{name}' is not in this version of hydra; nothing was done.");
                return ExitCode.Failed;
            });
            root.Subcommands.Add(command);
        }
    }
}
