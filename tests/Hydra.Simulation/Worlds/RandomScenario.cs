using Hydra.Simulation.Bugs;
using Hydra.Simulation.Checks;
using Hydra.Simulation.Faults;
using Hydra.Simulation.Programs;
using Hydra.Storage;

namespace Hydra.Simulation.Worlds;

/// <summary>
/// The story of one seed: a few machines and random programs, a while in which things go wrong, and then a while in
/// which nothing does and everything must come to its end.
/// </summary>
internal sealed class RandomScenario : Scenario
{
    private static readonly TimeSpan Recovery = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan LongestFreeze = TimeSpan.FromSeconds(10);

    private const ulong WorldsPerForeign = 8;

    private static readonly string[] Keys = ["one", "two"];

    private readonly List<StartRequest> _requests = [];
    private readonly TimeSpan _healsAt;
    private int _outages;

    [System.Diagnostics.CodeAnalysis.SetsRequiredMembers]
    public RandomScenario(ulong seed, PlantedBug bug = PlantedBug.None, bool traced = false)
        : base(seed, bug, traced, FaultPlan.Swarm)
    {
        Capabilities = new StoreCapabilities
        {
            Name = "simulated",
            Writers = Chance.Between(1, 3),
            KeyedStartsMayWait = Chance.OneIn(2),
            NoticesChanges = Chance.OneIn(2),
            StepTransactions = 3,
        };
        MayRefuse = Faults.RefusesResults || Faults.Deterministic > 0;
        HasForeign = seed % WorldsPerForeign == 0;
        Programs = MakePrograms();
        _healsAt = Chance.Between(TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(20));
        Machines = MakeMachines();
        PlanAll();
    }

    public override bool IsDown => _outages > 0;

    public override Fate Decide(SimulatedProcess process, CallKind call)
    {
        if (IsDown)
        {
            return Chance.Of(Fate.NotSent, Fate.Unavailable);
        }

        if (call == CallKind.CommitUser && Faults.Crashes > 0 && World.Chance.OneIn(8))
        {
            return Fate.CrashAfter; // Between a commit and its checkpoint: rare, and what transactions are for.
        }

        return DecideByChance(more: call is CallKind.Bar or CallKind.ReadLanded ? 3 : 0);
    }

    protected override void Tell()
    {
        World.RunUntil(static () => false, _healsAt);
        Heal();
        if (!Converges())
        {
            World.Fail($"L1: {Oracle.Open} executions have not ended after {TimeSpan.FromTicks(World.Now)}, "
                + $"{Clients.RequestsLeft} were not started: {Convergence.Describe()}.");
        }
    }

    /// <summary>
    /// A program may sleep for minutes, many times; but something must get further all the time, and not for ever.
    /// </summary>
    private bool Converges()
    {
        var latest = TimeSpan.FromTicks(World.Now) + Longest();
        while (true)
        {
            var progress = Progress;
            if (World.RunUntil(() => Convergence.IsReached, TimeSpan.FromTicks(World.Now) + Recovery))
            {
                return true;
            }

            if (World.Violation is not null || Progress == progress || TimeSpan.FromTicks(World.Now) > latest)
            {
                return false;
            }
        }
    }

    /// <summary>How long everything takes at most, one after the other and every attempt at it.</summary>
    private TimeSpan Longest()
    {
        var longest = Recovery + ClockSetBack;
        foreach (var request in _requests)
        {
            var options = request.Options;
            var (attempts, backoff) = (options.MaxAttempts!.Value, options.RetryBackoff!.Value);
            var delay = new RetryPolicy { Backoff = backoff }.DelayAfter(attempts, chance: 0); // The longest of them.
            longest += (options.Delay ?? TimeSpan.Zero)
                + (attempts * (delay + LongestTime.Of(Programs[request.Program].Code)));
        }

        return longest;
    }

    private long Progress => Oracle.Executions.Sum(shadow => shadow.Stored.LastSeq);

    private ProgramPlan[] MakePrograms()
    {
        var generator = new ProgramGenerator(Chance, HasForeign);
        var programs = new ProgramPlan[Chance.Between(2, 4)];
        for (var i = 0; i < programs.Length; i++)
        {
            var code = generator.Make(Chance.Between(1, 3));
            programs[i] = !Faults.Builds ? new ProgramPlan(code, Builds.Shared) : Chance.Below(4) switch
            {
                0 => new ProgramPlan(code, Builds.OnlyA),
                1 => new ProgramPlan(code, Builds.OnlyB),
                _ => new ProgramPlan(code, Builds.Shared, Chance.Of(null, Builds.A, Builds.B)),
            };
        }

        return programs;
    }

    private Machine[] MakeMachines()
    {
        var heartbeat = TimeSpan.FromSeconds(1);
        var quarantineAfter = Chance.Of(1, 2, 10);
        var machines = new Machine[Chance.Between(Faults.Builds ? 2 : 1, 4)];
        for (var i = 0; i < machines.Length; i++)
        {
            var isNeeded = i == 0 || (Faults.Builds && i == 1); // Each build must be somewhere in the end.
            machines[i] = new Machine(this, i + 1, new WorkerOptions
            {
                WorkerId = $"worker-{i + 1}",
                Concurrency = Chance.Between(1, 3),
                HeartbeatInterval = heartbeat,
                ClaimTimeout = heartbeat * Chance.Between(3, 5),
                PollInterval = heartbeat * Chance.Between(1, 5),
                ShutdownGrace = Chance.UpTo(TimeSpan.FromSeconds(3)),
                QuarantineAfter = quarantineAfter,
            }, hasWorker: isNeeded || !Chance.OneIn(6));
        }

        return machines;
    }

    private void PlanAll()
    {
        foreach (var machine in Machines)
        {
            World.Schedule(Chance.UpTo(TimeSpan.FromSeconds(1)), machine.Boot);
        }

        PlanStarts();
        Plan(Faults.Kills, machine => Kill(machine.Process!));
        Plan(Faults.Freezes, machine => Freeze(machine.Process!, Chance.UpTo(LongestFreeze)));
        Plan(Faults.Shutdowns, machine => _ = ShutDownAsync(machine));
        Plan(Faults.ClockJumps, SetClock);
        Plan(Chance.OneIn(2) ? Chance.Between(1, 3) : 0, machine => OfAny(machine, Clients.Cancel));
        Plan(Chance.OneIn(4) ? Chance.Between(1, 2) : 0, machine => OfAny(machine, Clients.Terminate));
        Plan(Chance.OneIn(2) ? Chance.Between(1, 4) : 0, machine => OfAnyState(machine, Clients.Retry));
        Plan(Chance.Between(0, 8), machine => OfAnyState(machine, Clients.Look));
        for (var i = 0; i < Faults.DatabaseJumps; i++)
        {
            var by = Chance.OneIn(2)
                ? Chance.UpTo(TimeSpan.FromMinutes(1)) // A failover to a host whose clock is another.
                : -Chance.UpTo(TimeSpan.FromSeconds(20));
            World.Schedule(Chance.UpTo(_healsAt), () => SetDatabaseClock(by));
        }

        for (var i = 0; i < Faults.Locks; i++)
        {
            World.Schedule(Chance.UpTo(_healsAt), HoldAny);
        }

        for (var i = 0; i < Faults.Outages; i++)
        {
            World.Schedule(Chance.Between(TimeSpan.Zero, _healsAt), BeginOutage);
        }
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

    private void PlanStarts()
    {
        var count = Chance.Between(3, 8);
        for (var i = 0; i < count; i++)
        {
            var request = new StartRequest
            {
                At = Chance.UpTo(_healsAt),
                Program = Chance.Below(Programs.Length),
                Machine = Chance.Below(Machines.Length),
                Follows = Chance.OneIn(2),
                Options = new StartOptions
                {
                    Key = Chance.OneIn(3) ? Chance.Of(Keys) : null,
                    MaxAttempts = Chance.Between(1, 3),
                    RetryBackoff = Chance.UpTo(TimeSpan.FromSeconds(2)),
                    Timeout = Chance.OneIn(4) ? TimeSpan.FromSeconds(1) + Chance.UpTo(TimeSpan.FromSeconds(15)) : null,
                    Delay = Chance.OneIn(5) ? Chance.UpTo(TimeSpan.FromSeconds(8)) : null,
                    Priority = Chance.Of(ExecutionPriority.Low, ExecutionPriority.Normal, ExecutionPriority.High),
                },
            };
            Start(request);
            if (request.Options.Key is not null && Chance.OneIn(2))
            {
                Start(request with
                {
                    Machine = Chance.Below(Machines.Length),
                    At = request.At + Chance.UpTo(TimeSpan.FromMilliseconds(100)),
                });
            }
        }
    }

    private void Start(StartRequest request)
    {
        _requests.Add(request);
        Clients.StartLater(request);
    }

    private void OfAny(Machine machine, Action<Machine, ShadowExecution> act)
    {
        if (Oracle.Executions.Count > 0)
        {
            act(machine, Oracle.Executions[Chance.Below(Oracle.Executions.Count)]);
        }
    }

    /// <summary>Chooses what is in a rare state as often as what is in another.</summary>
    private void OfAnyState(Machine machine, Action<Machine, ShadowExecution> act)
    {
        if (Oracle.Executions.Count > 0)
        {
            var states = Oracle.Executions.GroupBy(shadow => shadow.Row!.State).ToList();
            var one = states[Chance.Below(states.Count)].ToList();
            act(machine, one[Chance.Below(one.Count)]);
        }
    }

    /// <summary>A person or a program begins a transaction, touches something, and leaves it open.</summary>
    private void HoldAny()
    {
        var time = Chance.UpTo(TimeSpan.FromMinutes(1));
        if (Chance.OneIn(4) || Oracle.Executions.Count == 0)
        {
            var key = Chance.Of(Keys);
            World.Trace("stranger", $"holds key {key} for {time}");
            Locks.Hold(key, time);
            return;
        }

        var open = Oracle.Executions.Where(shadow => !shadow.IsTerminal).ToList();
        var held = open.Count > 0 && !Chance.OneIn(4)
            ? open[Chance.Below(open.Count)]
            : Oracle.Executions[Chance.Below(Oracle.Executions.Count)];
        World.Trace("stranger", $"holds execution {Oracle.Short(held.Id)} for {time}");
        Locks.Hold(held.Id, time);
    }

    private void SetClock(Machine machine)
    {
        var by = Chance.OneIn(2)
            ? Chance.Between(TimeSpan.FromHours(-2), TimeSpan.FromHours(2))
            : Chance.Between(TimeSpan.FromSeconds(-5), TimeSpan.FromSeconds(5));
        Hit(ProcessFault.ClockJump, machine.Process!.WorksOn());
        World.Trace(machine.Process!.Name, $"clock jumps by {by}");
        machine.Process!.Time.Jump(by);
    }

    private void BeginOutage()
    {
        if (IsHealed)
        {
            return;
        }

        _outages++;
        World.Schedule(Chance.UpTo(TimeSpan.FromSeconds(10)), () => _outages = Math.Max(0, _outages - 1));
    }

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

        Convergence.Begin();
    }
}
