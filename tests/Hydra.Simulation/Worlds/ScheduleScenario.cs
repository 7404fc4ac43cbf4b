using Hydra.Engine.Scheduling;
using Hydra.Simulation.Bugs;
using Hydra.Simulation.Checks;
using Hydra.Simulation.Faults;
using Hydra.Simulation.Programs;
using Hydra.Storage;

namespace Hydra.Simulation.Worlds;

/// <summary>
/// The story of one seed about a schedule that fires every second, with all that is missed made up for: its workers
/// die while they fire it, freeze, and have wrong clocks. Every instant starts one execution, none is missing, none is
/// early.
/// </summary>
internal sealed class ScheduleScenario : Scenario
{
    private const string Name = "secondly";

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Recovery = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan LongestFreeze = TimeSpan.FromSeconds(10);

    private readonly ScheduleWishes _wishes;
    private readonly TimeSpan _healsAt;
    private int _outages;

    [System.Diagnostics.CodeAnalysis.SetsRequiredMembers]
    public ScheduleScenario(ulong seed, PlantedBug bug, bool traced)
        : base(seed, bug, traced, FaultPlan.Swarm)
    {
        _wishes = new ScheduleWishes(this);
        HasSchedules = true;
        MayRefuse = Faults.RefusesResults || Faults.Deterministic > 0;
        Capabilities = new StoreCapabilities
        {
            Name = "simulated",
            Writers = Chance.Between(1, 3),
            NoticesChanges = Chance.OneIn(2),
            StepTransactions = 3,
        };
        var step = new StepPlan { Name = "a", Options = new StepOptions(), Duration = Chance.UpTo(Second) };
        Programs = [new ProgramPlan(new Node.Step(step), Builds.Shared)];
        _healsAt = Chance.Between(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(20));
        Machines = [.. Enumerable.Range(1, Chance.Between(2, 4)).Select(MakeMachine)];
        PlanAll();
    }

    public override bool IsDown => _outages > 0;

    private ScheduleProgress? Progress =>
        Tables.Schedules.GetValueOrDefault(Name) is { } row ? ScheduleJson.ReadProgress(row) : null;

    /// <remarks>What fires a schedule fails more often than anything else.</remarks>
    public override Fate Decide(SimulatedProcess process, CallKind call) =>
        IsDown ? Chance.Of(Fate.NotSent, Fate.Unavailable)
        : call == CallKind.ApplySchedule && !IsHealed && World.Chance.OneIn(4) ? World.Chance.Of(
            Fate.CrashBefore, Fate.CrashAfter, Fate.DoubtApplied, Fate.DoubtLate, Fate.DoubtLost, Fate.PauseAfter)
        : DecideByChance(
            more: call is CallKind.FindSchedule or CallKind.ListSchedules or CallKind.ApplySchedule ? 3 : 0);

    protected override void Tell()
    {
        World.RunUntil(static () => false, _healsAt);
        Heal();
        var healed = DatabaseNow;
        var isReached = Reaches(() => Progress?.Cursor > healed.Plus(5 * Second)) && Reaches(IsPaused);
        if (isReached)
        {
            Convergence.Begin();
            isReached = Reaches(() => Convergence.IsReached);
        }

        if (World.Violation is not null)
        {
            return;
        }

        if (!isReached)
        {
            World.Fail($"L1: after {TimeSpan.FromTicks(World.Now)} the schedule has come to "
                + $"{Progress?.Cursor.ToDateTimeOffset():O}, {Oracle.Open} executions have not ended: "
                + $"{Convergence.Describe()}.");
            return;
        }

        ScheduleCheck.Run(this, Name, Second);
    }

    private bool Reaches(Func<bool> condition) =>
        World.RunUntil(condition, TimeSpan.FromTicks(World.Now) + Recovery + ClockSetBack);

    /// <summary>Whether somebody has paused the schedule; nobody who wants to gives up.</summary>
    private bool IsPaused() => Tables.Schedules[Name].Paused;

    private void PlanAll()
    {
        foreach (var machine in Machines)
        {
            World.Schedule(Chance.UpTo(Second), machine.Boot);
        }

        World.Schedule(Second, () => _wishes.Insist(Make, () => Tables.Schedules.ContainsKey(Name)));
        Plan(Faults.Kills, machine => Kill(machine.Process!));
        Plan(Faults.Freezes, machine => Freeze(machine.Process!, Chance.UpTo(LongestFreeze)));
        Plan(Faults.Shutdowns, machine => _ = ShutDownAsync(machine));
        Plan(Faults.ClockJumps, machine => machine.Process!.Time.Jump(
            Chance.Between(TimeSpan.FromHours(-2), TimeSpan.FromHours(2))));
        for (var i = 0; i < Faults.DatabaseJumps; i++)
        {
            var by = Chance.OneIn(2) ? Chance.UpTo(TimeSpan.FromMinutes(1)) : -Chance.UpTo(TimeSpan.FromSeconds(20));
            World.Schedule(Chance.UpTo(_healsAt), () => SetDatabaseClock(by));
        }

        for (var i = 0; i < Faults.Outages; i++)
        {
            World.Schedule(Chance.Between(TimeSpan.Zero, _healsAt), BeginOutage);
        }

        Plan(Chance.Between(0, 12), machine => ScheduleWishes.Ask(machine, LookAsync));
    }

    private void Plan(int times, Action<Machine> act)
    {
        for (var i = 0; i < times; i++)
        {
            var machine = Chance.Of(Machines);
            World.Schedule(Chance.Between(TimeSpan.Zero, _healsAt), () =>
            {
                if (!IsHealed && machine.IsOccupied)
                {
                    act(machine);
                }
            });
        }
    }

    private void BeginOutage()
    {
        if (!IsHealed)
        {
            _outages++;
            World.Schedule(Chance.UpTo(TimeSpan.FromSeconds(10)), () => _outages = Math.Max(0, _outages - 1));
        }
    }

    /// <summary>Somebody looks at what is planned, and cares for nothing else.</summary>
    private static async Task LookAsync(IScheduleClient schedules)
    {
        await schedules.ListAsync();
        await schedules.DescribeAsync(Name);
    }

    private static Task Make(IScheduleClient schedules) => schedules.CreateAsync(
        new Schedule(Name, Builds.Shared, Timetable.Every(Second))
        {
            Input = Machine.Serialize(new ProgramInput(0)),
            Options = new() { Overlap = OverlapPolicy.Allow, CatchUp = CatchUpPolicy.All },
        });

    private void Heal()
    {
        World.Trace("world", "heals");
        IsHealed = true;
        _outages = 0;
        Faults.Stop();
        if (Faults.Builds)
        {
            Machines[0].Deploy(Builds.A);
            Machines[1].Deploy(Builds.B);
        }

        foreach (var machine in Machines)
        {
            machine.Process?.Resume();
            machine.Boot();
        }

        var pausesFrom = DatabaseNow.Plus(5 * Second);
        World.Schedule(Second, () => PauseOnce(pausesFrom));
    }

    /// <summary>Pauses the schedule once it has caught up, so that there is an end.</summary>
    private void PauseOnce(Instant from)
    {
        if (Progress?.Cursor > from)
        {
            _wishes.Insist(static schedules => schedules.PauseAsync(Name), IsPaused);
            return;
        }

        World.Schedule(Second, () => PauseOnce(from));
    }

    private Machine MakeMachine(int number) => new(
        this,
        number,
        new WorkerOptions
        {
            WorkerId = $"worker-{number}",
            Concurrency = 10,
            HeartbeatInterval = Second,
            ClaimTimeout = Second * Chance.Between(3, 5),
            PollInterval = Second * Chance.Between(1, 5),
            ShutdownGrace = Chance.UpTo(TimeSpan.FromSeconds(3)),
        },
        hasWorker: true);
}
