using Hydra.Storage;

namespace Hydra.Memory;

/// <summary>Changes schedules, together with what they start and cancel.</summary>
internal static class Scheduling
{
    public static ScheduleAnswer Apply(NamespaceTables tables, ScheduleChange change, Instant now)
    {
        StoreRules.Validate(change);
        var current = tables.Schedules.GetValueOrDefault(change.Name);
        if (!change.Fits(current))
        {
            return new ScheduleAnswer(now, IsApplied: false, current, []);
        }

        var answers = new OperationAnswer[change.Operations.Count];
        for (var i = 0; i < answers.Length; i++)
        {
            answers[i] = Committing.Apply(tables, SessionId.None, change.Operations[i], now);
        }

        var row = change.Apply(current, now);
        tables.SetSchedule(change.Name, row);
        return new ScheduleAnswer(now, IsApplied: true, row, answers);
    }

    public static DueSchedules ListDue(NamespaceTables tables, int limit, Instant now)
    {
        var (due, later) = (new List<ScheduleRow>(), Instant.Never);
        foreach (var row in tables.Schedules.Values)
        {
            if (row.DueAt <= now)
            {
                due.Add(row);
            }
            else
            {
                later = Instant.Min(later, row.DueAt);
            }
        }

        return new DueSchedules(now, [.. due.OrderBy(static row => row.DueAt).Take(limit)], later);
    }
}
