using System.CommandLine;

namespace Hydra.Cli.Commands;

/// <summary>Makes an execution due that something that went wrong holds back.</summary>
internal static class RetryCommand
{
    public static Command Create(CommandRunner runner)
    {
        var id = Arguments.Id();
        var command = new Command(
            "retry", "Makes an execution due now that is backing off, blocked or quarantined.") { id };
        command.SetAction(runner.Action(parse => async (client, terminal, cancellationToken) =>
        {
            var handle = client.Execution(parse.GetValue(id));
            var outcome = await handle.RetryAsync(cancellationToken);
            Outcomes.Print(handle, outcome, terminal);
            if (outcome == RetryOutcome.Due)
            {
                if (!terminal.Json)
                {
                    terminal.WriteLine("It is due now.");
                }

                return ExitCode.Done;
            }

            var state = Arguments.Camel((await handle.StatusAsync(cancellationToken)).State);
            terminal.Fail(outcome == RetryOutcome.AlreadyEnded
                ? $"Execution {handle.Id} has ended, as {state}. An ended one is not retried but rerun or forked."
                : $"Execution {handle.Id} is {state}, and nothing that went wrong holds it back. See: hydra why");
            return ExitCode.Failed;
        }));
        return command;
    }
}
