using System.CommandLine;

namespace Hydra.Cli.Commands.Schedules;

/// <summary>Lists schedules by name.</summary>
internal static class ListSchedules
{
    private const int Page = 1_000;

    public static Command Create(CommandRunner runner)
    {
        var command = new Command("list", "Lists schedules by name.");
        command.SetAction(runner.Action(_ => async (client, terminal, cancellationToken) =>
        {
            var schedules = new List<ScheduleDetails>();
            IReadOnlyList<ScheduleDetails> page;
            do
            {
                var last = schedules.Count == 0 ? null : schedules[^1].Schedule.Name;
                page = await client.Schedules.ListAsync(last, Page, cancellationToken);
                schedules.AddRange(page);
            }
            while (page.Count == Page);

            Print(schedules, client.Namespace, terminal);
            return ExitCode.Done;
        }));
        return command;
    }

    private static void Print(List<ScheduleDetails> schedules, string @namespace, Terminal terminal)
    {
        if (terminal.Json)
        {
            terminal.WriteJson(writer =>
            {
                writer.WriteStartArray();
                foreach (var one in schedules)
                {
                    ExecutionJson.Write(writer, @namespace, one);
                }

                writer.WriteEndArray();
            });
            return;
        }

        if (schedules.Count == 0)
        {
            terminal.WriteLine("No schedules.");
            return;
        }

        var table = new Listing(
            new Column("Schedule", Shrinks: true),
            new Column("Workflow", Rank: 1, Shrinks: true),
            new Column("When"),
            new Column("Next"),
            new Column("Last", Rank: 2),
            new Column("Started", Rank: 3, IsNumber: true),
            new Column("Skipped", Rank: 4, IsNumber: true),
            new Column("Note", Rank: 5, Shrinks: true));
        foreach (var one in schedules)
        {
            table.Add(
                one.Schedule.Name,
                one.Schedule.Workflow,
                one.Schedule.Timetable.Interval is { } interval
                    ? $"every {Durations.Format(interval)}"
                    : one.Schedule.Timetable.ToString(),
                one.Paused ? "paused" : one.Problem is not null ? "unreadable" : ScheduleArguments.Text(one.NextAt),
                ScheduleArguments.Text(one.LastAt),
                Tables.Number(one.Started),
                one.Skipped == 0 ? "" : Tables.Number(one.Skipped),
                Tables.Printable(one.Problem ?? one.Note ?? ""));
        }

        terminal.Write(table);
    }
}
