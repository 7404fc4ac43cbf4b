using System.CommandLine;
using System.Globalization;

namespace Hydra.Cli.Commands.Schedules;

/// <summary>Tells the next instants of a schedule.</summary>
internal static class PreviewSchedule
{
    public static Command Create(CommandRunner runner)
    {
        var name = ScheduleArguments.Name();
        var count = new Option<int>("--count")
        {
            Description = "How many, from 1 to 1,000.",
            HelpName = "N",
            DefaultValueFactory = _ => 10,
        };
        var after = ScheduleArguments.Time("--after", "After when. By default after now.");
        var command = new Command("preview", "Tells when a schedule fires next.") { name, count, after };
        command.SetAction(runner.Action(parse => async (client, terminal, cancellationToken) =>
        {
            var times = await client.Schedules.PreviewAsync(
                parse.GetRequiredValue(name), parse.GetValue(count), parse.GetValue(after), cancellationToken);
            if (terminal.Json)
            {
                terminal.WriteJson(writer =>
                {
                    writer.WriteStartArray();
                    foreach (var time in times)
                    {
                        writer.WriteStringValue(time.UtcDateTime.ToString(
                            "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture));
                    }

                    writer.WriteEndArray();
                });
                return ExitCode.Done;
            }

            foreach (var time in times)
            {
                terminal.WriteLine(ScheduleArguments.Text(time));
            }

            return ExitCode.Done;
        }));
        return command;
    }
}
