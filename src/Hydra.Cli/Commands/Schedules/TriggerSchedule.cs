using System.CommandLine;

namespace Hydra.Cli.Commands.Schedules;

/// <summary>Starts an execution of a schedule now.</summary>
internal static class TriggerSchedule
{
    public static Command Create(CommandRunner runner)
    {
        var name = ScheduleArguments.Name();
        var overlap = ScheduleArguments.Policy<OverlapPolicy>(
            "--overlap", "What happens while an execution of it has not ended (default the schedule's own)");
        var command = new Command("trigger", "Starts an execution of a schedule now.") { name, overlap };
        command.SetAction(runner.Action(parse => async (client, terminal, cancellationToken) =>
        {
            var schedule = parse.GetRequiredValue(name);
            var handle = await client.Schedules.TriggerAsync(schedule, parse.GetValue(overlap), cancellationToken);
            if (terminal.Json)
            {
                terminal.WriteJson(writer =>
                {
                    writer.WriteStartObject();
                    writer.WriteString("schedule", schedule);
                    writer.WriteString("id", handle?.Id.ToString());
                    writer.WriteEndObject();
                });
                return ExitCode.Done;
            }

            terminal.WriteLine(handle?.Id.ToString()
                ?? "Another execution of the schedule has not ended, so none was started. See --overlap.");
            return ExitCode.Done;
        }));
        return command;
    }
}
