using System.CommandLine;

namespace Hydra.Cli.Commands;

/// <summary>Ends an execution at once.</summary>
internal static class TerminateCommand
{
    public static Command Create(CommandRunner runner)
    {
        var id = Arguments.Id();
        var reason = new Option<string>("--reason")
        {
            Description = "Why, for those who look at it later.",
            HelpName = "TEXT",
            DefaultValueFactory = _ => "no reason was given",
        };
        var command = new Command("terminate", "Ends an execution at once; its code hears nothing of it.")
        {
            id, reason,
        };
        command.SetAction(runner.Action(parse => async (client, terminal, cancellationToken) =>
        {
            var handle = client.Execution(parse.GetValue(id));
            var outcome = await handle.TerminateAsync(parse.GetRequiredValue(reason), cancellationToken);
            var state = outcome == TerminateOutcome.AlreadyEnded
                ? (await handle.StatusAsync(cancellationToken)).State
                : ExecutionState.Cancelled;
            Outcomes.Print(handle, outcome, terminal);
            if (state != ExecutionState.Cancelled)
            {
                terminal.Fail($"Execution {handle.Id} had ended before, as {Arguments.Camel(state)}.");
                return ExitCode.Failed;
            }

            if (!terminal.Json)
            {
                terminal.WriteLine(outcome == TerminateOutcome.Terminated
                    ? "Terminated."
                    : "It had been cancelled before.");
            }

            return ExitCode.Done;
        }));
        return command;
    }
}
