using System.CommandLine;

namespace Hydra.Cli.Commands;

/// <summary>Prints the output of an execution.</summary>
internal static class ResultCommand
{
    public static Command Create(CommandRunner runner)
    {
        var id = Arguments.Id();
        var wait = new Option<bool>("--wait") { Description = "Wait until it has ended, however long that takes." };
        var command = new Command("result", "Prints the output of an execution.") { id, wait };
        command.SetAction(runner.Action(parse => async (client, terminal, cancellationToken) =>
        {
            var handle = client.Execution(parse.GetValue(id));
            var row = await handle.StatusAsync(cancellationToken);
            if (!row.State.IsTerminal() && !parse.GetValue(wait))
            {
                terminal.Fail($"Execution {row.Id} is {Arguments.Camel(row.State)} and has no result yet. "
                    + "Use --wait to wait for it.");
                return ExitCode.Failed;
            }

            return await Result.PrintAsync(handle, terminal, cancellationToken);
        }));
        return command;
    }
}
