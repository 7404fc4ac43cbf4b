using System.CommandLine;

namespace Hydra.Cli.Commands.Schedules;

/// <summary>Drops the instants of a schedule that wait for executions to end.</summary>
internal static class CancelWaiting
{
    public static Command Create(CommandRunner runner)
    {
        var name = ScheduleArguments.Name();
        var command = new Command("cancel-waiting", "Drops the instants that wait for executions to end.") { name };
        command.SetAction(runner.Action(parse => async (client, terminal, cancellationToken) =>
        {
            var schedule = parse.GetRequiredValue(name);
            var dropped = await client.Schedules.CancelWaitingAsync(schedule, cancellationToken);
            if (!terminal.Json)
            {
                terminal.WriteLine(dropped switch
                {
                    0 => "Nothing waited.",
                    1 => "1 instant that waited is not started any more.",
                    _ => $"{Tables.Number(dropped)} instants that waited are not started any more.",
                });
            }

            await ScheduleArguments.PrintAsync(client, schedule, terminal, cancellationToken);
            return ExitCode.Done;
        }));
        return command;
    }
}
