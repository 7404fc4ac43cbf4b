using Hydra.Engine.Scheduling;
using Hydra.Storage;

namespace Hydra.Tests.Scheduling;

/// <summary>A schedule in a world of nothing but a clock: what is planned happens, and is written down.</summary>
internal sealed class PlannedSchedule
{
    private readonly ScheduleDefinition _definition;
    private readonly HashSet<ExecutionId> _ended = [];

    public PlannedSchedule(Timetable timetable, ScheduleOptions options, DateTimeOffset madeAt)
    {
        options.Validate();
        _definition = ScheduleDefinition.From(timetable, options);
        Now = Instant.From(madeAt);
        MadeAt = Now;
        Progress = new ScheduleProgress { Incarnation = 7, Cursor = Now };
    }

    public Instant MadeAt { get; }

    public int MostStarts { get; init; } = SchedulePlanner.MostStarts;

    public Instant Now { get; set; }

    public ScheduleProgress Progress { get; private set; }

    public List<WantedStart> Starts { get; } = [];

    public List<ExecutionId> Cancels { get; } = [];

    public Instant NextDue { get; private set; }

    public Instant? Missed { get; private set; }

    public string StartedAt => string.Join(' ', Starts.Select(start => $"{start.At.ToDateTimeOffset():HH:mm:ss}"));

    public static ExecutionId Id(WantedStart start) => ScheduleStarts.Id("n", "s", 7, start);

    /// <summary>Fires what is due at a time, as often as there is more to do at once.</summary>
    public void Fire(Instant now)
    {
        Now = now;
        for (var rounds = 0; ; rounds++)
        {
            Assert.True(rounds < 1_000, "It never comes to rest.");
            var cursor = Progress.Cursor;
            var plan = Planner().Plan();
            Take(plan);
            Missed = plan.Missed ?? Missed;
            Assert.True(plan.Progress.Cursor >= cursor, "The cursor has gone back.");
            Assert.InRange(plan.Starts.Count, 0, MostStarts);
            if (plan.NextDue > now)
            {
                return;
            }
        }
    }

    public void Fire(TimeSpan later) => Fire(Now.Plus(later));

    public SchedulePlan Trigger(OverlapPolicy overlap)
    {
        var plan = Planner().Trigger(new(Now, StartCause.Trigger, Starts.Count + 1), overlap);
        Take(plan);
        return plan;
    }

    public void EndAll() => _ended.UnionWith(Starts.Select(Id));

    public void EndAllButFirst() => _ended.UnionWith(Starts.Skip(1).Select(Id));

    public void EndFirst() => _ended.Add(Progress.Running[0].Id);

    public void Backfill(DateTimeOffset from, DateTimeOffset to, bool atOnce) => Progress = Progress with
    {
        Backfills =
        [
            .. Progress.Backfills,
            new Backfill(1, new Instant(Instant.From(from).Micros - 1), Instant.From(to), atOnce),
        ],
    };

    public void ResumedNow() => Progress = Progress with { MissedUpTo = Instant.Max(Now, Progress.MissedUpTo) };

    /// <summary>Every instant of its timetable after it was made, up to its cursor.</summary>
    public IEnumerable<Instant> Instants()
    {
        var instants = _definition.ReadInstants();
        for (var next = instants.After(MadeAt); next <= Progress.Cursor; next = instants.After(next.Value))
        {
            yield return next.Value;
        }
    }

    private SchedulePlanner Planner() => new(_definition, Progress, Now, _ended, MostStarts, Id);

    /// <summary>Through the bytes that a store would keep, as another worker would read them.</summary>
    private void Take(SchedulePlan plan)
    {
        Starts.AddRange(plan.Starts);
        Cancels.AddRange(plan.Cancels);
        NextDue = plan.NextDue;
        Progress = ScheduleJson.ReadProgress(new ScheduleRow
        {
            Name = "s",
            Workflow = "w",
            ChangeId = 1,
            DueAt = plan.NextDue,
            Progress = ScheduleJson.Write(plan.Progress),
        });
    }
}
