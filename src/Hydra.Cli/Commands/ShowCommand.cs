using System.CommandLine;

namespace Hydra.Cli.Commands;

/// <summary>Shows everything that is recorded of an execution.</summary>
internal static class ShowCommand
{
    public static Command Create(CommandRunner runner)
    {
        var id = Arguments.Id();
        var command = new Command("show", "Shows an execution with its steps, inputs and outputs.") { id };
        command.SetAction(runner.Action(parse => async (client, terminal, cancellationToken) =>
        {
            var details = await client.Execution(parse.GetValue(id)).DescribeAsync(cancellationToken);
            if (terminal.Json)
            {
                terminal.WriteLine(ExecutionJson.Format(details));
            }
            else
            {
                ExecutionView.Print(details, terminal);
            }

            return ExitCode.Done;
        }));
        return command;
    }
}
