using Hydra.Memory;
using Hydra.Simulation.Checks;
using Hydra.Simulation.Programs;
using Hydra.Storage;

namespace Hydra.Simulation.Worlds;

/// <summary>
/// The story of one seed: a few machines and programs, a while in which things go wrong, and then a while in which
/// nothing does and everything must come to its end.
/// </summary>
internal sealed partial class Scenario
{
    public const string Namespace = "simulation";

    private static readonly TimeSpan Recovery = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(1);

    /// <summary>How long after the last fault its consequences may show.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(15);

    /// <summary>The longest poll interval and a little more, in seconds.</summary>
    private const int LongestLook = 7;

    private readonly Machine[] _machines;
    private readonly TimeSpan _healsAt;
    private bool _healed;
    private int _requestsLeft;
    private int _deathsOnTheWay;
    private int _claimsSeen;
    private int _commitsSeen;

    public Scenario(ulong seed, PlantedBug bug = PlantedBug.None, bool traced = false)
    {
        World = new SimulatedWorld(seed, traced);
        Bug = bug;
        Chance = World.Chance.Split();
        Faults = Faults.Swarm(Chance);
        Database = new InMemoryDatabase(new DatabaseTime(World));
        Tables = Database.Open(Namespace, new ChangeSignal(Database.Gate));
        Oracle = new Oracle(World, Tables, TimeSpan.FromMilliseconds(Faults.Clocks ? 100 : 0));
        Capabilities = new StoreCapabilities
        {
            Name = "simulated",
            Writers = Chance.Between(1, 3),
            KeyedStartsMayWait = Chance.OneIn(2),
            NoticesChanges = Chance.OneIn(2),
        };
        var generator = new ProgramGenerator(Chance);
        Programs = new Node[Chance.Between(2, 4)];
        for (var i = 0; i < Programs.Length; i++)
        {
            Programs[i] = generator.Make(Chance.Between(1, 3));
        }

        _healsAt = Chance.Between(TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(20));
        _machines = MakeMachines();
        Plan();
    }

    public SimulatedWorld World { get; }

    public PlantedBug Bug { get; }

    /// <summary>What the scenario decides; the engine draws from the world's.</summary>
    public Chance Chance { get; }

    public Faults Faults { get; }

    public InMemoryDatabase Database { get; }

    /// <summary>What is in the database, for the oracle's eyes.</summary>
    public NamespaceTables Tables { get; }

    public StoreCapabilities Capabilities { get; }

    public Oracle Oracle { get; }

    public Node[] Programs { get; }

    public Statistics Statistics { get; } = new();

    /// <summary>Whether the database is not to be had at all.</summary>
    public bool IsOut { get; private set; }

    /// <summary>Effects that have not happened yet.</summary>
    public int CallsOnTheWay { get; set; }

    /// <summary>How many claims and commits were sent.</summary>
    public int Claims { get; set; }

    public int Commits { get; set; }

    /// <summary>Runs the whole story; the world's violation tells whether it ended well.</summary>
    public void Run()
    {
        World.RunUntil(static () => false, _healsAt);
        Heal();
        var limit = TimeSpan.FromTicks(World.Now) + Recovery;
        if (!World.RunUntil(HasConverged, limit))
        {
            World.Fail($"L1: {Oracle.Open} executions have not ended, {_requestsLeft} were not started: {Describe()}.");
            return;
        }

        Close();
        if (World.Violation is null)
        {
            foreach (var shadow in Oracle.Executions)
            {
                var input = Replayer.Serializer.Read<ProgramInput>(shadow.Entries[0].Input);
                new FinalCheck(World, shadow, Programs[input.Program]).Run();
            }

            new ClientCheck(World, Oracle).Run();
        }

        Statistics.Take(this);
    }

    public void Count(Fate fate) => Statistics.Fates[(int)fate]++;

    /// <summary>Kills a process very soon, between two pieces of its work.</summary>
    public void KillSoon(SimulatedProcess process)
    {
        _deathsOnTheWay++;
        World.Schedule(TimeSpan.Zero, () =>
        {
            _deathsOnTheWay--;
            Kill(process);
        });
    }

    /// <summary>A body takes its process with it, as long as things go wrong.</summary>
    public void KillInBody(SimulatedProcess process)
    {
        if (!_healed)
        {
            KillSoon(process);
        }
    }

    public void Freeze(SimulatedProcess process)
    {
        if (_healed)
        {
            return;
        }

        Statistics.Pauses++;
        process.Pause();
        World.Schedule(Chance.UpTo(TimeSpan.FromSeconds(10)), process.Resume);
    }

    private void Kill(SimulatedProcess process)
    {
        if (process.State == ProcessState.Dead)
        {
            return;
        }

        Statistics.Kills++;
        var machine = Array.Find(_machines, machine => machine.Process == process)!;
        machine.Leave(process);
    }

    private Machine[] MakeMachines()
    {
        var heartbeat = TimeSpan.FromSeconds(1);
        var machines = new Machine[Chance.Between(1, 4)];
        for (var i = 0; i < machines.Length; i++)
        {
            machines[i] = new Machine(this, i + 1, new WorkerOptions
            {
                WorkerId = $"worker-{i + 1}",
                Concurrency = Chance.Between(1, 3),
                HeartbeatInterval = heartbeat,
                ClaimTimeout = heartbeat * Chance.Between(3, 5),
                PollInterval = heartbeat * Chance.Between(1, 5),
                ShutdownGrace = Chance.UpTo(TimeSpan.FromSeconds(3)),
                Build = "build-1",
            }, hasWorker: i == 0 || !Chance.OneIn(6));
        }

        return machines;
    }

    private void Plan()
    {
        foreach (var machine in _machines)
        {
            World.Schedule(Chance.UpTo(TimeSpan.FromSeconds(1)), machine.Boot);
        }

        PlanStarts();
        Plan(Faults.Kills, machine => Kill(machine.Process!));
        Plan(Faults.Freezes, machine => Freeze(machine.Process!));
        Plan(Faults.Shutdowns, machine => _ = ShutDownAsync(machine));
        Plan(Chance.OneIn(2) ? Chance.Between(1, 3) : 0, machine => Cancel(machine));
        PlanRepairs();
        for (var i = 0; i < Faults.Outages; i++)
        {
            var begins = Chance.Between(TimeSpan.Zero, _healsAt);
            World.Schedule(begins, () => IsOut = !_healed);
            World.Schedule(begins + Chance.UpTo(TimeSpan.FromSeconds(10)), () => IsOut = false);
        }
    }

    private void Plan(int times, Action<Machine> act)
    {
        for (var i = 0; i < times; i++)
        {
            var machine = Chance.Of(_machines);
            World.Schedule(Chance.Between(TimeSpan.Zero, _healsAt), () =>
            {
                if (!_healed && machine.IsOccupied)
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
                Machine = Chance.Below(_machines.Length),
                Follows = Chance.OneIn(2),
                Options = new StartOptions
                {
                    Key = Chance.OneIn(3) ? Chance.Of("one", "two") : null,
                    MaxAttempts = Chance.Between(1, 3),
                    RetryBackoff = Chance.UpTo(TimeSpan.FromSeconds(2)),
                    Timeout = Chance.OneIn(5) ? TimeSpan.FromSeconds(1) + Chance.UpTo(TimeSpan.FromSeconds(20)) : null,
                    Delay = Chance.OneIn(5) ? Chance.UpTo(TimeSpan.FromSeconds(8)) : null,
                    Priority = Chance.Of(ExecutionPriority.Low, ExecutionPriority.Normal, ExecutionPriority.High),
                },
            };
            _requestsLeft++;
            World.Schedule(request.At, () => Dispatch(request));
            if (request.Options.Key is not null && Chance.OneIn(2))
            {
                var twin = request with { Machine = Chance.Below(_machines.Length) };
                _requestsLeft++;
                World.Schedule(twin.At + Chance.UpTo(TimeSpan.FromMilliseconds(100)), () => Dispatch(twin));
            }
        }
    }

    private void Dispatch(StartRequest request)
    {
        var machine = _machines[request.Machine];
        if (!machine.IsUp)
        {
            World.Schedule(TimeSpan.FromMilliseconds(Chance.Between(100, 500)), () => Dispatch(request));
            return;
        }

        _requestsLeft--;
        var call = new ClientCall
        {
            Process = machine.Process!,
            Request = request,
            Input = Replayer.Serializer.Write(new ProgramInput(request.Program), "input"),
        };
        Oracle.Calls.Add(call);
        _ = machine.Process!.Enter(() => StartAsync(machine, call));
    }

    private static async Task StartAsync(Machine machine, ClientCall call)
    {
        ExecutionHandle handle;
        try
        {
            handle = await machine.Engine!.Client.StartAsync("program", call.Input, call.Request.Options);
            call.Id = handle.Id;
        }
        catch (StartConflictException)
        {
            call.IsConflict = true;
            return;
        }
        catch (StoreException e)
        {
            call.Failed = e.Kind;
            return;
        }

        if (call.Request.Follows)
        {
            await FollowAsync(machine, call, handle.Id);
        }
    }

    private static async Task FollowAsync(Machine machine, ClientCall call, ExecutionId id)
    {
        call.Follows = true;
        try
        {
            var output = await machine.Engine!.Client.OutputAsync(id, CancellationToken.None);
            call.Result = (ExecutionState.Completed, output);
        }
        catch (WorkflowFailedException e)
        {
            call.Result = (e.State, default);
        }
        catch (Exception e) when (e is StoreException or InvalidOperationException)
        {
            call.Follows = false;
        }
    }

    private void Cancel(Machine machine)
    {
        if (machine.IsUp && Oracle.Executions.Count > 0)
        {
            var shadow = Oracle.Executions[Chance.Below(Oracle.Executions.Count)];
            _ = machine.Process!.Enter(() => CancelAsync(machine, shadow));
        }
    }

    private async Task CancelAsync(Machine machine, ShadowExecution shadow)
    {
        try
        {
            var outcome = await machine.Engine!.Client.CancelAsync(shadow.Id, CancellationToken.None);
            World.Trace(machine.Process!.Name, $"cancelled {Oracle.Short(shadow.Id)}: {outcome}");
            Statistics.Cancels++;
            if (outcome == CancelOutcome.Requested)
            {
                shadow.CancelledInEpoch ??= shadow.Row!.Epoch;
            }
        }
        catch (StoreException)
        {
            // Unknown or refused: either is fine while the database is not.
        }
    }

    private async Task ShutDownAsync(Machine machine)
    {
        if (!machine.IsUp)
        {
            return;
        }

        var process = machine.Process!;
        Statistics.Shutdowns++;
        await process.Enter(async () =>
        {
            await machine.CloseAsync();
            machine.Leave(process);
        });
    }

    private void Heal()
    {
        World.Trace("world", "heals");
        _healed = true;
        IsOut = false;
        Faults.Stop();
        foreach (var machine in _machines)
        {
            if (machine.IsOtherBuild)
            {
                Kill(machine.Process!); // The next deployment is of the right build.
            }

            machine.Process?.Resume();
            machine.Boot();
        }

        World.Schedule(Settling, Watch);
    }

    /// <summary>
    /// While nothing goes wrong, what is due is claimed within a poll interval, and nobody asks more often than there
    /// is a reason to.
    /// </summary>
    private void Watch()
    {
        var now = Instant.From(World.UtcNow);
        var slotsAreFree = Array.TrueForAll(_machines, machine => machine.IsFree);
        foreach (var shadow in Oracle.Executions)
        {
            // Of suspects a worker takes one at a time.
            var waits = slotsAreFree && shadow.Row is { Owner.Value: 0, BarrenCrashes: < 2 } row && row.DueAt <= now
                && !row.State.IsTerminal();
            shadow.LooksDue = waits ? shadow.LooksDue + 1 : 0;
            if (shadow.LooksDue > LongestLook)
            {
                World.Fail($"L3: execution {shadow.Id} has been due for {LongestLook} seconds, and slots are free");
            }
        }

        var allowed = (4 * (Commits - _commitsSeen)) + (20 * _machines.Length);
        if (Claims - _claimsSeen > allowed)
        {
            World.Fail($"L4: {Claims - _claimsSeen} claims in a second, with {Commits - _commitsSeen} commits");
        }

        (_claimsSeen, _commitsSeen) = (Claims, Commits);
        World.Schedule(TimeSpan.FromSeconds(1), Watch);
    }

    private bool HasConverged() => Oracle.Open == 0 && _requestsLeft == 0 && CallsOnTheWay + _deathsOnTheWay == 0
        && Array.TrueForAll(_machines, machine => machine.IsIdle)
        && Oracle.Calls.TrueForAll(call => call.Process.State == ProcessState.Dead
            || (call.IsAnswered && (!call.Follows || call.Result is not null)));

    /// <summary>Closes every engine: nothing may be left that does not end.</summary>
    private void Close()
    {
        var closed = Array.ConvertAll(_machines, machine => machine.CloseAsync());
        var limit = TimeSpan.FromTicks(World.Now) + Quiet;
        if (!World.RunUntil(() => Array.TrueForAll(closed, task => task.IsCompleted), limit))
        {
            World.Fail("L5: an engine does not close");
            return;
        }

        foreach (var failed in closed.Where(task => !task.IsCompletedSuccessfully))
        {
            World.Fail($"L5: an engine did not close well: {failed.Exception}");
        }
    }

    private string Describe() => string.Join(", ", Oracle.Executions.Where(shadow => !shadow.IsTerminal)
        .Select(shadow => $"{shadow.Id} is {shadow.Row!.State} at epoch {shadow.Row.Epoch}, owner {shadow.Row.Owner}, "
            + $"due {shadow.Row.DueAt.ToDateTimeOffset():O}, last seq {shadow.Stored.LastSeq}"))
        + string.Join(", ", _machines.Select(machine => machine.Engine?.Worker is { } worker
            ? $"; {machine.Process!.Name} {machine.Process.State} up {machine.IsUp} has {worker.FreeSlots} of "
                + $"{machine.Options.Concurrency} slots" : ""))
        + string.Join(", ", Oracle.Calls.Where(call => call.Process.State != ProcessState.Dead && !call.IsAnswered)
            .Select(call => $"; a start on {call.Process.Name} was never answered"));
}
