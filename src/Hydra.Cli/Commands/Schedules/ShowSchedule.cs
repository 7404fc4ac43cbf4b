using System.CommandLine;

namespace Hydra.Cli.Commands.Schedules;

/// <summary>Shows everything about a schedule.</summary>
internal static class ShowSchedule
{
    public static Command Create(CommandRunner runner)
    {
        var name = ScheduleArguments.Name();
        var command = new Command("show", "Shows everything about a schedule, as JSON.") { name };
        command.SetAction(runner.Action(parse => async (client, terminal, cancellationToken) =>
        {
            var details = await client.Schedules.DescribeAsync(parse.GetRequiredValue(name), cancellationToken);
            terminal.WriteJson(
                writer => ExecutionJson.Write(writer, client.Namespace, details), indented: !terminal.Json);
            return ExitCode.Done;
        }));
        return command;
    }
}
