using System.CommandLine;

namespace Hydra.Cli.Commands.Schedules;

/// <summary>Removes a schedule.</summary>
internal static class DeleteSchedule
{
    public static Command Create(CommandRunner runner)
    {
        var name = ScheduleArguments.Name();
        var command = new Command("delete", "Removes a schedule; what it has started goes on.") { name };
        command.SetAction(runner.Action(parse => async (client, terminal, cancellationToken) =>
        {
            var schedule = parse.GetRequiredValue(name);
            await client.Schedules.DeleteAsync(schedule, cancellationToken);
            if (terminal.Json)
            {
                terminal.WriteJson(writer =>
                {
                    writer.WriteStartObject();
                    writer.WriteString("name", schedule);
                    writer.WriteBoolean("deleted", true);
                    writer.WriteEndObject();
                });
            }
            else
            {
                terminal.WriteLine("It is deleted.");
            }

            return ExitCode.Done;
        }));
        return command;
    }
}
