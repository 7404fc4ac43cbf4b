using System.Diagnostics;
using Hydra.Engine.Scheduling;
using Hydra.Storage;

namespace Hydra.Engine.Observing;

/// <content>What schedules do. Their names are an operator's, as are those of workflows.</content>
internal sealed partial class EngineMetrics
{
    /// <summary>A schedule has started executions or passed over instants, as is durable.</summary>
    /// <param name="schedule">Its name.</param>
    /// <param name="tally">What it did.</param>
    /// <param name="now">The database's clock.</param>
    public void ScheduleFired(string schedule, ScheduleTally tally, Instant now)
    {
        var tags = ScheduleTags(schedule);
        foreach (var (at, cause) in tally.Starts)
        {
            if (_to.ScheduleStarts.Enabled)
            {
                var caused = ScheduleTags(schedule);
                caused.Add("cause", cause);
                Add(_to.ScheduleStarts, 1, caused);
            }

            if (cause == StartCauses.Timetable && _to.ScheduleLateness.Enabled)
            {
                Record(_to.ScheduleLateness, Math.Max(0, now.Since(at).TotalSeconds), tags);
            }
        }

        if (_to.ScheduleSkips.Enabled)
        {
            Add(_to.ScheduleSkips, tally.Skipped, tags); // Nothing, too: the series is there from the first firing on.
        }

        if (_to.ScheduleGaps.Enabled)
        {
            Add(_to.ScheduleGaps, tally.Gap ? 1 : 0, tags);
        }
    }

    /// <summary>A schedule could not be fired.</summary>
    public void ScheduleFailed(string schedule)
    {
        if (_to.ScheduleErrors.Enabled)
        {
            Add(_to.ScheduleErrors, 1, ScheduleTags(schedule));
        }
    }

    private TagList ScheduleTags(string schedule) => new()
    {
        _namespace,
        new("schedule", _schedules.Admits(schedule) ? schedule : LabelLimit<string>.Others),
    };
}
