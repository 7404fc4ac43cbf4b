using System.Diagnostics.CodeAnalysis;
using Hydra.Simulation.Bugs;
using Hydra.Simulation.Checks;
using Hydra.Simulation.Faults;
using Hydra.Simulation.Programs;
using Hydra.Simulation.Worlds;
using Hydra.Storage;

namespace Hydra.Simulation.Sweeps;

/// <summary>
/// Tells a story on two machines while exactly the given calls of the store fail. The same seed leads to the same call,
/// so that every run of a sweep is that of the one without a fault up to there.
/// </summary>
internal sealed class StoryScenario : Scenario
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan Latency = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan ClaimTimeout = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Pause = ClaimTimeout * 2;

    private const string Name = "secondly";

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly ScheduleWishes _wishes;
    private readonly Story _story;
    private readonly IReadOnlyList<FaultPoint> _points;
    private int _eventsLeft;
    private bool _hasEnded;

    [SetsRequiredMembers]
    public StoryScenario(
        Story story, IReadOnlyList<FaultPoint> points, ulong seed, PlantedBug bug, bool traced = false)
        : base(seed, bug, traced, _ => FaultPlan.None(Latency, story.IsRolling))
    {
        _story = story;
        _points = points;
        _wishes = new ScheduleWishes(this);
        HasSchedules = story.HasSchedules;
        HasRetention = story.Deletes is not null;
        IsHealed = true; // Nothing but these faults.
        MayRefuse = points.Any(point => point.Fate == Fate.Deterministic);
        Capabilities = new StoreCapabilities
        {
            Name = "simulated",
            Writers = 2,
            KeyedStartsMayWait = true,
            NoticesChanges = story.Notices,
            StepTransactions = 2,
        };
        Programs = story.Programs;
        Machines = [MakeMachine(1), MakeMachine(2)];
        foreach (var machine in Machines)
        {
            machine.Deploy(Builds.A);
            machine.Boot();
        }

        story.Plan(this);
        World.Schedule(TimeSpan.FromSeconds(story.QuietFrom), Convergence.Begin);
    }

    /// <summary>Whether bodies that take their processes with them do so now.</summary>
    public bool IsPoisoned { get; set; }

    /// <summary>How many calls of the store were made up to its end; closing the engines is no part of it.</summary>
    public int Calls { get; private set; }

    /// <summary>Whether calls count that are made now.</summary>
    private bool IsSwept => !_hasEnded && TimeSpan.FromTicks(World.Now) >= TimeSpan.FromSeconds(_story.SweptFrom);

    /// <summary>How many of those were notices.</summary>
    public int Notices { get; private set; }

    /// <summary>A notice counts as a call; in doubt and lost, it is heard by nobody.</summary>
    public override Fate? DecideNotice(SimulatedProcess process)
    {
        Notices += IsSwept ? 1 : 0;
        var fate = Decide(process, CallKind.WaitForChange);
        return fate == Fate.DoubtLost ? null : fate;
    }

    public override Fate Decide(SimulatedProcess process, CallKind call)
    {
        Lateness = TimeSpan.Zero;
        if (!IsSwept)
        {
            return Fate.Fine;
        }

        Calls++;
        if (_points.FirstOrDefault(point => point.Call == Calls) is not { } point)
        {
            return Fate.Fine;
        }

        World.Trace(process.Name, $"{call} is hit: {point}");
        switch (point.Blow)
        {
            case Blow.Pause:
                Freeze(process, Pause);
                break;
            case Blow.Crash when point.Fate != Fate.CrashAfter:
                Lateness = Pause; // What it has sent may still happen, when others have taken over.
                KillSoon(process);
                break;
            case Blow.Wait:
                Lateness = Pause;
                break;
        }

        return point.Fate;
    }

    /// <summary>Starts a program on the first machine.</summary>
    public void Start(StartOptions? options = null, int program = 0, int machine = 0, double at = 0.1) =>
        Clients.StartLater(new StartRequest
        {
            At = TimeSpan.FromSeconds(at),
            Program = program,
            Machine = machine,
            Follows = true,
            Options = options ?? new StartOptions { RetryBackoff = TimeSpan.FromMilliseconds(100) },
        });

    /// <summary>Lets something happen at a time.</summary>
    public void At(double seconds, Action<StoryScenario> happens)
    {
        _eventsLeft++;
        World.Schedule(TimeSpan.FromSeconds(seconds), () =>
        {
            _eventsLeft--;
            happens(this);
        });
    }

    /// <summary>Cancels the first execution, from the second machine.</summary>
    public void Cancel() => OfFirst(Clients.Cancel);

    /// <summary>Terminates the first execution, from the second machine.</summary>
    public void Terminate() => OfFirst(Clients.Terminate);

    /// <summary>Wants the first execution tried at once, from the second machine.</summary>
    public void Retry() => OfFirst(Clients.Retry);

    /// <summary>Sets the wall clock of a machine.</summary>
    public void SetClock(int machine, TimeSpan by) => Machines[machine].Process!.Time.Jump(by);

    /// <summary>Sets the clock of the database.</summary>
    public void SetDatabaseClock(double seconds) => SetDatabaseClock(TimeSpan.FromSeconds(seconds));

    /// <summary>Makes a schedule that starts the first program every second, and makes up for all it misses.</summary>
    public void MakeSchedule() => Insist(
        static schedules => schedules.CreateAsync(new Schedule(Name, Builds.Shared, Timetable.Every(Second))
        {
            Input = Machine.Serialize(new ProgramInput(0)),
            Options = new() { Overlap = OverlapPolicy.Allow, CatchUp = CatchUpPolicy.All },
        }),
        () => Tables.Schedules.ContainsKey(Name));

    /// <summary>Pauses the schedule when it has started some, so that there is an end.</summary>
    public void PauseSchedule(int behind) => Insist(
        schedules => Oracle.Executions.Count < behind ? Task.CompletedTask : schedules.PauseAsync(Name),
        () => Tables.Schedules.TryGetValue(Name, out var row) && row.Paused);

    public override void KillInBody(SimulatedProcess process)
    {
        if (IsPoisoned)
        {
            KillSoon(process);
        }
    }

    /// <summary>Shuts down what runs on a machine; the next process there is of the build.</summary>
    public void Roll(int machine, string build)
    {
        if (Machines[machine].IsUp)
        {
            Machines[machine].Plan(build);
            ShutDown(machine);
        }
        else
        {
            Machines[machine].Deploy(build);
        }
    }

    public void ShutDown(int machine) => _ = ShutDownAsync(Machines[machine]);

    public void Kill(int machine)
    {
        if (Machines[machine].IsOccupied)
        {
            Kill(Machines[machine].Process!);
        }
    }

    protected override void Tell()
    {
        if (!World.RunUntil(HasEnded, Patience))
        {
            World.Fail($"L1: the story has not ended after {Patience}: {Convergence.Describe()}.");
            return;
        }

        _hasEnded = true;
        if (_points.Count == 0 && _story.Through is { } way
            && !Oracle.Executions.Any(shadow => shadow.States.Contains(way)))
        {
            World.Fail($"no execution was {way} on the way");
        }

        if (HasSchedules)
        {
            ScheduleCheck.Run(this, Name, Second);
        }

        foreach (var shadow in Oracle.Executions)
        {
            var state = shadow.Row!.State;
            if (!_story.Ends.Contains(state) && !(MayRefuse && state == ExecutionState.Failed))
            {
                World.Fail($"execution {shadow.Id} ended as {state}, "
                    + $"not as {string.Join(" or ", _story.Ends)}");
            }
        }
    }

    private bool HasEnded() =>
        _eventsLeft == 0 && Oracle.Deleted >= (_story.Deletes ?? 0) && Convergence.IsReached;

    private void Insist(Func<IScheduleClient, Task> want, Func<bool> isDone)
    {
        _eventsLeft++;
        _wishes.Insist(want, isDone, () => _eventsLeft--);
    }

    private void OfFirst(Action<Machine, ShadowExecution> act)
    {
        if (Oracle.Executions.Count > 0)
        {
            act(Machines[1], Oracle.Executions[0]);
        }
    }

    private Machine MakeMachine(int number) => new(
        this,
        number,
        new WorkerOptions
        {
            WorkerId = $"worker-{number}",
            Concurrency = 2,
            HeartbeatInterval = ClaimTimeout / 3,
            ClaimTimeout = ClaimTimeout,
            PollInterval = TimeSpan.FromSeconds(2),
            ShutdownGrace = TimeSpan.FromSeconds(1),
            QuarantineAfter = 1,
        },
        hasWorker: true);
}
