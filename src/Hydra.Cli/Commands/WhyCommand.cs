using System.CommandLine;

namespace Hydra.Cli.Commands;

/// <summary>Explains what an execution waits for, or what it does.</summary>
internal static class WhyCommand
{
    public static Command Create(CommandRunner runner)
    {
        var id = Arguments.Id();
        var command = new Command("why", "Explains why an execution is not running, or what it does.") { id };
        command.SetAction(runner.Action(parse => async (client, terminal, cancellationToken) =>
        {
            var explanation = await client.Execution(parse.GetValue(id)).WhyAsync(cancellationToken);
            if (terminal.Json)
            {
                terminal.WriteJson(writer => ExecutionJson.Write(writer, explanation));
                return ExitCode.Done;
            }

            terminal.WriteLine(
                $"{explanation.Row.Workflow} {explanation.Row.Id}: {Arguments.Camel(explanation.Row.State)}");
            foreach (var line in explanation.Text)
            {
                terminal.WriteParagraph(line);
            }

            return ExitCode.Done;
        }));
        return command;
    }
}
