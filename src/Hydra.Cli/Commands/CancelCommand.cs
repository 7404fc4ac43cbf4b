using System.CommandLine;

namespace Hydra.Cli.Commands;

/// <summary>Asks an execution to stop.</summary>
internal static class CancelCommand
{
    public static Command Create(CommandRunner runner)
    {
        var id = Arguments.Id();
        var command = new Command("cancel", "Asks an execution to stop; its code may clean up first.") { id };
        command.SetAction(runner.Action(parse => async (client, terminal, cancellationToken) =>
        {
            var handle = client.Execution(parse.GetValue(id));
            var outcome = await handle.CancelAsync(cancellationToken);
            var state = outcome == CancelOutcome.AlreadyEnded
                ? (await handle.StatusAsync(cancellationToken)).State
                : ExecutionState.Cancelled;
            Outcomes.Print(handle, outcome, terminal);
            if (!terminal.Json && state == ExecutionState.Cancelled)
            {
                terminal.WriteLine(Say(outcome));
            }

            // Cancelled before is what was wished for; another end is not.
            if (state != ExecutionState.Cancelled)
            {
                terminal.Fail($"Execution {handle.Id} had ended before, as {Arguments.Camel(state)}.");
                return ExitCode.Failed;
            }

            return ExitCode.Done;
        }));
        return command;
    }

    private static string Say(CancelOutcome outcome) => outcome switch
    {
        CancelOutcome.Requested => "Requested: its code hears of it at its next turn.",
        CancelOutcome.Cancelled => "Cancelled.",
        CancelOutcome.Blocked => "Requested: it is blocked, and its code hears of it once a build can run it.",
        _ => "It was cancelled before.",
    };
}
