using System.CommandLine;

namespace Hydra.Cli.Commands;

/// <summary>Starts an execution anew with the input that another one has recorded.</summary>
internal static class RerunCommand
{
    public static Command Create(CommandRunner runner)
    {
        var id = Arguments.Id();
        var key = NewExecution.Key();
        var wait = NewExecution.Wait();
        var command = new Command(
            "rerun", "Starts the same workflow again with the same input, in a new execution.") { id, key, wait };
        command.SetAction(runner.Action(parse => async (client, terminal, cancellationToken) =>
        {
            var source = client.Execution(parse.GetValue(id));
            var made = await source.RerunAsync(parse.GetValue(key), cancellationToken);
            return await NewExecution.PrintAsync(made, client, terminal, parse.GetValue(wait), cancellationToken);
        }));
        return command;
    }
}
