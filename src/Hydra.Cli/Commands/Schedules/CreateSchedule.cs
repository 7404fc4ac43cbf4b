using System.CommandLine;

namespace Hydra.Cli.Commands.Schedules;

/// <summary>Makes a schedule, or replaces what one is.</summary>
internal static class CreateSchedule
{
    private static readonly ScheduleOptions Defaults = new();

    public static Command Create(CommandRunner runner)
    {
        var name = ScheduleArguments.Name();
        var workflow = new Argument<string>("WORKFLOW") { Description = "The durable name of the workflow." };
        var cron = new Option<string?>("--cron")
        {
            Description = "A cron expression of five fields, or six with the second in front.",
            HelpName = "EXPRESSION",
        };
        var every = Arguments.Duration("--every", "An interval, in the place of a cron expression.");
        var anchor = ScheduleArguments.Time("--anchor", "A moment that the interval is counted from. By default 1970.");
        var zone = new Option<string?>("--time-zone")
        {
            Description = "The IANA name of the time zone of the expression. By default UTC.",
            HelpName = "ZONE",
        };
        var starts = new StartArguments();
        var overlap = ScheduleArguments.Policy<OverlapPolicy>(
            "--overlap", "What happens while an execution of it has not ended (default skip)");
        var catchUp = ScheduleArguments.Policy<CatchUpPolicy>(
            "--catch-up", "What becomes of missed instants (default last)");
        var window = Arguments.Duration("--catch-up-window", "How old an instant may be that 'all' makes up for.");
        var jitter = Arguments.Duration("--jitter", "How much later an execution may be due, by chance.");
        var start = ScheduleArguments.Time("--start-at", "Nothing starts before.");
        var end = ScheduleArguments.Time("--end-at", "Nothing starts from then on.");
        var replace = new Option<bool>("--replace") { Description = "Replace what a schedule of the name is." };
        var command = new Command("create", "Makes a schedule.")
        {
            name, workflow, cron, every, anchor, zone, overlap, catchUp, window, jitter, start, end, replace,
        };
        starts.AddTo(command);
        command.SetAction(runner.Action(parse =>
        {
            var schedule = new Schedule(
                parse.GetRequiredValue(name),
                parse.GetRequiredValue(workflow),
                ReadTimetable(
                    parse.GetValue(cron), parse.GetValue(every), parse.GetValue(anchor), parse.GetValue(zone)))
            {
                Input = starts.ReadInput(parse),
                Options = new ScheduleOptions
                {
                    Overlap = parse.GetValue(overlap) ?? Defaults.Overlap,
                    CatchUp = parse.GetValue(catchUp) ?? Defaults.CatchUp,
                    CatchUpWindow = parse.GetValue(window) ?? Defaults.CatchUpWindow,
                    Jitter = parse.GetValue(jitter) ?? Defaults.Jitter,
                    StartAt = parse.GetValue(start),
                    EndAt = parse.GetValue(end),
                    Start = starts.Read(parse),
                },
            };
            var replaces = parse.GetValue(replace);
            return async (client, terminal, cancellationToken) =>
            {
                await (replaces
                    ? client.Schedules.PutAsync(schedule, cancellationToken)
                    : client.Schedules.CreateAsync(schedule, cancellationToken));
                await StartCommand.WarnWhenNobodyKnowsAsync(schedule.Workflow, client, terminal, cancellationToken);
                await ScheduleArguments.PrintAsync(client, schedule.Name, terminal, cancellationToken);
                return ExitCode.Done;
            };
        }));
        return command;
    }

    private static Timetable ReadTimetable(string? cron, TimeSpan? every, DateTimeOffset? anchor, string? zone) =>
        (cron, every) switch
        {
            (not null, null) when anchor is not null =>
                throw new UsageException("A cron expression has no anchor: leave out --anchor."),
            (not null, null) => Timetable.Cron(cron, zone ?? "UTC"),
            (null, { } interval) when zone is null => Timetable.Every(interval, anchor),
            (null, not null) => throw new UsageException("An interval is in no time zone: leave out --time-zone."),
            _ => throw new UsageException("Say when: with --cron EXPRESSION or with --every DURATION."),
        };
}
