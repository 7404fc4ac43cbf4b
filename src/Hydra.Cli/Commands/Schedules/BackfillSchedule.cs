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
        var cancel = new Option<bool>("--cancel") { Description = "Drop what is left of the ranges before." };
        var command = new Command("backfill", "Starts executions for the instants of a range of the past.")
        {
            name, from, to, atOnce, cancel,
        };
        command.SetAction(runner.Action(parse =>
        {
            if (parse.GetValue(cancel))
            {
                return parse.GetValue(from) is null && parse.GetValue(to) is null && !parse.GetValue(atOnce)
                    ? Cancel(parse.GetRequiredValue(name))
                    : throw new UsageException("--cancel drops all that is left: leave out --from, --to, --at-once.");
            }

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

    private static CommandRunner.Work Cancel(string schedule) =>
        async (client, terminal, cancellationToken) =>
        {
            var dropped = await client.Schedules.CancelBackfillsAsync(schedule, cancellationToken);
            if (!terminal.Json)
            {
                terminal.WriteLine(dropped switch
                {
                    0 => "No range of the past was left.",
                    1 => "What was left of 1 range of the past is not started any more.",
                    _ => $"What was left of {Tables.Number(dropped)} ranges of the past is not started any more.",
                });
            }

            await ScheduleArguments.PrintAsync(client, schedule, terminal, cancellationToken);
            return ExitCode.Done;
        };
}
