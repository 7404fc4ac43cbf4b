using System.CommandLine;

namespace Hydra.Cli.Commands.Schedules;

/// <summary>Ends the pause of a schedule.</summary>
internal static class ResumeSchedule
{
    public static Command Create(CommandRunner runner)
    {
        var name = ScheduleArguments.Name();
        var note = ScheduleArguments.Note();
        var command = new Command("resume", "Ends the pause of a schedule.") { name, note };
        command.SetAction(runner.Action(parse => async (client, terminal, cancellationToken) =>
        {
            var schedule = parse.GetRequiredValue(name);
            await client.Schedules.ResumeAsync(schedule, parse.GetValue(note), cancellationToken);
            await ScheduleArguments.PrintAsync(client, schedule, terminal, cancellationToken);
            return ExitCode.Done;
        }));
        return command;
    }
}
