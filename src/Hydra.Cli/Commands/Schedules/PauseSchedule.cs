using System.CommandLine;

namespace Hydra.Cli.Commands.Schedules;

/// <summary>Keeps a schedule from starting anything until it is resumed.</summary>
internal static class PauseSchedule
{
    public static Command Create(CommandRunner runner)
    {
        var name = ScheduleArguments.Name();
        var note = ScheduleArguments.Note();
        var command = new Command("pause", "Keeps a schedule from starting anything until it is resumed.")
        {
            name, note,
        };
        command.SetAction(runner.Action(parse => async (client, terminal, cancellationToken) =>
        {
            var schedule = parse.GetRequiredValue(name);
            await client.Schedules.PauseAsync(schedule, parse.GetValue(note), cancellationToken);
            await ScheduleArguments.PrintAsync(client, schedule, terminal, cancellationToken);
            return ExitCode.Done;
        }));
        return command;
    }
}
