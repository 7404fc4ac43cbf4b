using Hydra.Memory;
using Hydra.Simulation.Bugs;
using Hydra.Simulation.Checks;
using Hydra.Simulation.Faults;
using Hydra.Simulation.Programs;
using Hydra.Storage;

namespace Hydra.Simulation.Worlds;

/// <summary>
/// A story: a few machines and programs on one database, and what befalls them. Whatever it is, everything must come to
/// its end once nothing goes wrong any more, and no invariant may break on the way.
/// </summary>
internal abstract class Scenario
{
    public const string Namespace = "simulation";

    /// <summary>How long executions are kept at least, where any is deleted.</summary>
    public static readonly TimeSpan KeptFor = RetentionOptions.Shortest;

    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(1);

    private readonly DatabaseTime _databaseTime;

    protected Scenario(ulong seed, PlantedBug bug, bool traced, Func<Chance, FaultPlan> plan)
    {
        World = new SimulatedWorld(seed, traced);
        Bug = bug;
        Chance = World.Chance.Split();
        Faults = plan(Chance);
        _databaseTime = new DatabaseTime(World, Faults.Clocks ? Chance.Between(-2000, 2000) : 0);
        Database = new InMemoryDatabase(_databaseTime);
        Tables = Database.Open(Namespace, new ChangeSignal(Database.Gate));
        Oracle = new Oracle(this);
        Clients = new Clients(this);
        Locks = new ForeignLocks(World);
        Transactions = new UserTransactions(this);
        Convergence = new Convergence(this);
    }

    public SimulatedWorld World { get; }

    public PlantedBug Bug { get; }

    /// <summary>What the scenario decides; the engine draws from the world's.</summary>
    public Chance Chance { get; }

    public FaultPlan Faults { get; }

    public InMemoryDatabase Database { get; }

    /// <summary>What is in the database, for the oracle's eyes.</summary>
    public NamespaceTables Tables { get; }

    public required StoreCapabilities Capabilities { get; init; }

    public required ProgramPlan[] Programs { get; init; }

    public required Machine[] Machines { get; init; }

    public Oracle Oracle { get; }

    public Clients Clients { get; }

    /// <summary>What strangers hold in the database.</summary>
    public ForeignLocks Locks { get; }

    /// <summary>What users' transactions do in the database.</summary>
    public UserTransactions Transactions { get; }

    public Convergence Convergence { get; }

    public Statistics Statistics { get; } = new();

    /// <summary>Whether its store keeps schedules; else workers have no loop that fires them.</summary>
    public bool HasSchedules { get; protected init; }

    /// <summary>Whether programs await what is no durable call.</summary>
    public bool HasForeign { get; protected init; }

    /// <summary>Whether executions that have completed are archived and deleted; else all are kept.</summary>
    public bool HasRetention { get; protected init; }

    /// <summary>Sessions as they were when planted bugs last looked.</summary>
    public Dictionary<SessionId, SessionRow> SessionsSeen { get; } = [];

    /// <summary>The database's clock, which never goes back.</summary>
    public Instant DatabaseNow => Database.Read(Tables, 0, static (_, _, now) => now);

    /// <summary>How far a process's idea of the database's clock may be ahead of it.</summary>
    public TimeSpan ClockError =>
        _databaseTime.SetBack + TimeSpan.FromMilliseconds(Faults.Clocks ? 200 : 1);

    /// <summary>How long the database's clock may stand still, because it was set back.</summary>
    public TimeSpan ClockSetBack => _databaseTime.SetBack;

    /// <summary>Whether the time in which things go wrong is over.</summary>
    public bool IsHealed { get; protected set; }

    /// <summary>Whether the database may say for good that it will not take something.</summary>
    public bool MayRefuse { get; protected init; }

    /// <summary>
    /// How late the answer to the call is about which was decided last, or its effect, where that comes behind a doubt.
    /// </summary>
    public TimeSpan Lateness { get; protected set; }

    /// <summary>Effects that have not happened yet.</summary>
    public int CallsOnTheWay { get; set; }

    public int DeathsOnTheWay { get; private set; }

    /// <summary>How many claims and commits were sent.</summary>
    public int Claims { get; set; }

    public int Commits { get; set; }

    /// <summary>Runs the whole story; the world's violation tells whether it ended well.</summary>
    public void Run()
    {
        Tell();
        if (World.Violation is null)
        {
            Close();
        }

        if (World.Violation is null)
        {
            foreach (var shadow in Oracle.Executions)
            {
                var input = Replayer.Serializer.Read<ProgramInput>(shadow.Entries[0].Input);
                new FinalCheck(World, ClockError, shadow, Programs[input.Program].Code).Run();
                new LedgerCheck(World, shadow, Transactions.Ledger).Run();
            }

            new ClientCheck(World, Oracle).Run();
        }

        Statistics.Take(this);
    }

    /// <summary>What becomes of a call of the store that is made now.</summary>
    public abstract Fate Decide(SimulatedProcess process, CallKind call);

    /// <summary>What becomes of a call by chance; one that is seldom made is given more chances to fail.</summary>
    protected Fate DecideByChance(int more = 0)
    {
        var fate = Faults.Decide(World.Chance);
        for (; fate == Fate.Fine && more > 0; more--)
        {
            fate = Faults.Decide(World.Chance);
        }

        return fate;
    }

    /// <summary>What becomes of a notice that is on its way to a process; null when it is lost.</summary>
    public virtual Fate? DecideNotice(SimulatedProcess process) => Faults.Decide(World.Chance);

    /// <summary>Whether nobody can reach the database.</summary>
    public virtual bool IsDown => false;

    /// <summary>The states of executions, as they are now.</summary>
    public IReadOnlyCollection<ExecutionState> StatesOf(IEnumerable<ExecutionId> executions) =>
        [.. executions.Distinct().Select(id => Tables.Find(id)?.Row.State).OfType<ExecutionState>()];

    /// <summary>A fault has hit a call, and with it the executions that it was about.</summary>
    /// <param name="fate">What became of the call.</param>
    /// <param name="states">What they were when it happened.</param>
    /// <param name="isDown">Whether nobody could reach the database when the call was made.</param>
    public void Hit(Fate fate, IReadOnlyCollection<ExecutionState> states, bool isDown)
    {
        foreach (var state in states)
        {
            Statistics.Coverage.Hit(state, fate);
            if (isDown)
            {
                Statistics.Coverage.Hit(state, ProcessFault.Outage);
            }
        }
    }

    /// <summary>Kills a process very soon, between two pieces of its work.</summary>
    public void KillSoon(SimulatedProcess process)
    {
        DeathsOnTheWay++;
        World.Schedule(TimeSpan.Zero, () =>
        {
            DeathsOnTheWay--;
            Kill(process);
        });
    }

    /// <summary>A body takes its process with it, as long as things go wrong.</summary>
    public virtual void KillInBody(SimulatedProcess process)
    {
        if (!IsHealed)
        {
            KillSoon(process);
        }
    }

    /// <summary>Lets a process stand still for a while, perhaps for longer than its lease.</summary>
    public void Freeze(SimulatedProcess process, TimeSpan time)
    {
        if (process.State == ProcessState.Alive)
        {
            Hit(ProcessFault.Freeze, process.WorksOn());
        }

        Statistics.Pauses++;
        process.Pause();
        World.Schedule(time, process.Resume);
    }

    public void Kill(SimulatedProcess process)
    {
        if (process.State == ProcessState.Dead)
        {
            return;
        }

        Hit(ProcessFault.Kill, process.WorksOn());
        Statistics.Kills++;
        Array.Find(Machines, machine => machine.Process == process)!.Leave(process);
    }

    public async Task ShutDownAsync(Machine machine)
    {
        if (!machine.IsUp)
        {
            return;
        }

        var process = machine.Process!;
        Hit(ProcessFault.Shutdown, process.WorksOn());
        Statistics.Shutdowns++;
        await process.Enter(async () =>
        {
            await machine.CloseAsync();
            machine.Leave(process);
        });
    }

    /// <summary>Everything up to the moment when nothing is left to be done.</summary>
    protected abstract void Tell();

    protected void SetDatabaseClock(TimeSpan by)
    {
        Hit(ProcessFault.DatabaseJump, Oracle.Executions.Where(shadow => WaitsForTime(shadow.Stored.Row))
            .Select(shadow => shadow.Id));
        World.Trace("database", $"clock jumps by {by}");
        _databaseTime.Jump(by);
    }

    /// <summary>A fault hits a process, or the database, and with it some executions as they are now.</summary>
    public void Hit(ProcessFault fault, IEnumerable<ExecutionId> executions)
    {
        foreach (var state in StatesOf(executions))
        {
            Statistics.Coverage.Hit(state, fault);
        }
    }

    /// <summary>Whether the clock of the database decides about it: a lease, a time or a deadline.</summary>
    private static bool WaitsForTime(ExecutionRow row) => !row.State.IsTerminal()
        && (row.Owner != SessionId.None || row.DueAt != Instant.Never || row.Deadline is not null);

    /// <summary>Closes every engine: nothing may be left that does not end.</summary>
    private void Close()
    {
        var closed = Array.ConvertAll(Machines, machine => machine.IsUp ? machine.CloseAsync() : Task.CompletedTask);
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
}
