using Hydra.Engine.Scheduling;
using Hydra.Simulation.Worlds;
using Hydra.Storage;

namespace Hydra.Simulation.Checks;

/// <summary>
/// Judges a schedule that makes up for all it misses, after its end: every instant has started one execution, none is
/// missing, none is early, and the schedule knows how far it has come.
/// </summary>
internal static class ScheduleCheck
{
    public static void Run(Scenario scenario, string name, TimeSpan interval)
    {
        var (world, schedule) = (scenario.World, scenario.Tables.Schedules[name]);
        var progress = ScheduleJson.ReadProgress(schedule)!;
        var instants = new List<Instant>();
        foreach (var shadow in scenario.Oracle.Executions)
        {
            var at = Instant.From(ScheduleStarts.ReadOrigin(shadow.Entries[0].Key)!.At);
            instants.Add(at);
            if (shadow.Row!.CreatedAt < at)
            {
                world.Fail($"C1: the execution of {at.ToDateTimeOffset():O} was started before that");
            }
        }

        instants.Sort();
        for (var i = 1; i < instants.Count; i++)
        {
            if (instants[i].Since(instants[i - 1]) != interval)
            {
                world.Fail($"C2: behind {instants[i - 1].ToDateTimeOffset():O} the next instant that was started is "
                    + $"{instants[i].ToDateTimeOffset():O}");
            }
        }

        if (instants.Count != progress.Started || instants.LastOrDefault() != progress.LastAt
            || progress.Cursor.Since(instants[^1]) >= interval
            || instants[0].Since(schedule.CreatedAt) > interval)
        {
            world.Fail($"C3: {instants.Count} executions from {instants[0].ToDateTimeOffset():O} on, and the schedule, "
                + $"made {schedule.CreatedAt.ToDateTimeOffset():O}, tells of {progress.Started}, the "
                + $"last {progress.LastAt?.ToDateTimeOffset():O}, at {progress.Cursor.ToDateTimeOffset():O}");
        }
    }
}
