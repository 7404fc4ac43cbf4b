using System.CommandLine;

namespace Hydra.Cli.Commands.Schedules;

/// <summary>Starts executions for the instants of a range of the past.</summary>
internal static class BackfillSchedule
{
    public static Command Create(CommandRunner runner)
    {
        var name = ScheduleArguments.Name();
        var from = ScheduleArguments.Time("--from", "The first instant that counts.");
        var to = ScheduleArguments.Time("--to", "The last instant that counts.");
        var atOnce = new Option<bool>("--at-once") { Description = "Start all at once, not one after another." };
        var command = new Command("backfill", "Starts executions for the instants of a range of the past.")
        {
            name, from, to, atOnce,
        };
        command.SetAction(runner.Action(parse =>
        {
            if (parse.GetValue(from) is not { } first || parse.GetValue(to) is not { } last)
            {
                throw new UsageException("Say which range: with --from TIME and --to TIME.");
            }

            return async (client, terminal, cancellationToken) =>
            {
                var schedule = parse.GetRequiredValue(name);
                await client.Schedules.BackfillAsync(schedule, first, last, parse.GetValue(atOnce), cancellationToken);
                await ScheduleArguments.PrintAsync(client, schedule, terminal, cancellationToken);
                return ExitCode.Done;
            };
        }));
        return command;
    }
}
