using System.Diagnostics.CodeAnalysis;
using Hydra.Simulation.Bugs;
using Hydra.Simulation.Faults;
using Hydra.Simulation.Programs;
using Hydra.Simulation.Worlds;
using Hydra.Storage;

namespace Hydra.Simulation.Sweeps;

/// <summary>
/// Tells a story on two machines while exactly one call of the store fails. The same seed leads to the same call, so
/// that every run of a sweep is that of the one without a fault up to there.
/// </summary>
internal sealed class StoryScenario : Scenario
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan Latency = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan ClaimTimeout = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Pause = ClaimTimeout * 2;

    private readonly Story _story;
    private readonly FaultPoint? _point;
    private int _eventsLeft;
    private bool _hasEnded;

    [SetsRequiredMembers]
    public StoryScenario(Story story, FaultPoint? point, ulong seed, bool traced = false)
        : base(seed, PlantedBug.None, traced, static _ => FaultPlan.None(Latency))
    {
        _story = story;
        _point = point;
        IsHealed = true; // Nothing but the one fault.
        Capabilities = new StoreCapabilities { Name = "simulated", Writers = 2, KeyedStartsMayWait = true };
        Programs = Array.ConvertAll(story.Programs, static code => new ProgramPlan(code, Builds.Shared));
        Machines = [MakeMachine(1), MakeMachine(2)];
        foreach (var machine in Machines)
        {
            machine.Boot();
        }

        story.Plan(this);
        Convergence.Begin();
    }

    /// <summary>How many calls of the store were made up to its end; closing the engines is no part of it.</summary>
    public int Calls { get; private set; }

    public override Fate Decide(SimulatedProcess process, CallKind call)
    {
        if (_hasEnded || ++Calls != _point?.Call)
        {
            return Fate.Fine;
        }

        World.Trace(process.Name, $"{call} is hit: {_point}");
        switch (_point.Blow)
        {
            case Blow.Pause:
                Freeze(process, Pause);
                break;
            case Blow.Crash when _point.Fate != Fate.CrashAfter:
                KillSoon(process);
                break;
        }

        return _point.Fate;
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
    public void Cancel()
    {
        if (Oracle.Executions.Count > 0)
        {
            Clients.Cancel(Machines[1], Oracle.Executions[0]);
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
        if (!World.RunUntil(() => _eventsLeft == 0 && Convergence.IsReached, Patience))
        {
            World.Fail($"L1: the story has not ended after {Patience}: {Convergence.Describe()}.");
            return;
        }

        _hasEnded = true;
        foreach (var shadow in Oracle.Executions)
        {
            if (!_story.Ends.Contains(shadow.Row!.State))
            {
                World.Fail($"execution {shadow.Id} ended as {shadow.Row.State}, "
                    + $"not as {string.Join(" or ", _story.Ends)}");
            }
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
        },
        hasWorker: true);
}
