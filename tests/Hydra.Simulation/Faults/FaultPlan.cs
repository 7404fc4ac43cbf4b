using Hydra.Simulation.Worlds;

namespace Hydra.Simulation.Faults;

/// <summary>
/// Which faults a world has and how often, each on or off by the seed: a world with all of them at once rarely gets far
/// enough to meet the rarer states. Rates are in thousandths of the calls of the store.
/// </summary>
internal sealed class FaultPlan
{
    private static readonly Action<FaultPlan, Chance>[] Kinds =
    [
        static (plan, chance) => plan.NotSent = Rate(chance),
        static (plan, chance) => plan.RolledBack = Rate(chance),
        static (plan, chance) => plan.Blocked = 1 + (Rate(chance) / 2),
        static (plan, chance) => plan.DoubtApplied = Rate(chance),
        static (plan, chance) => plan.DoubtLost = Rate(chance),
        static (plan, chance) => plan.DoubtLate = Rate(chance),
        static (plan, chance) => plan.Unavailable = Rate(chance),
        static (plan, chance) => plan.Deterministic = 1 + (Rate(chance) / 4),
        static (plan, chance) => plan.Stalled = 1 + (Rate(chance) / 4),
        static (plan, chance) => plan.Foreign = 1 + (Rate(chance) / 2),
        static (plan, chance) => plan.Crashes = 1 + (Rate(chance) / 2),
        static (plan, chance) => plan.Pauses = 1 + (Rate(chance) / 4),
        static (plan, chance) => plan.NoticesLost = chance.Of(100, 500, 1000),
        static (plan, chance) => plan.Kills = chance.Between(1, 4),
        static (plan, chance) => plan.Freezes = chance.Between(1, 4),
        static (plan, chance) => plan.Shutdowns = chance.Between(1, 3),
        static (plan, chance) => plan.Outages = chance.Between(1, 2),
        static (plan, _) => plan.Clocks = true,
        static (plan, chance) => plan.ClockJumps = chance.Between(1, 4),
        static (plan, chance) => plan.DatabaseJumps = chance.Between(1, 3),
        static (plan, _) => plan.RefusesResults = true,
        static (plan, _) => plan.Builds = true,
        static (plan, chance) => plan.Locks = chance.Between(1, 4),
    ];

    private FaultPlan()
    {
    }

    /// <summary>The call never reaches the database.</summary>
    public int NotSent { get; private set; }

    /// <summary>The database undoes it.</summary>
    public int RolledBack { get; private set; }

    /// <summary>
    /// The database undoes it because of a lock that somebody else had; when it is asked again the lock is gone.
    /// </summary>
    public int Blocked { get; private set; }

    /// <summary>It happened, but the answer is lost.</summary>
    public int DoubtApplied { get; private set; }

    /// <summary>It did not happen, but nobody knows.</summary>
    public int DoubtLost { get; private set; }

    /// <summary>Nobody knows whether it happened, and then it does.</summary>
    public int DoubtLate { get; private set; }

    /// <summary>The database says that it needs help.</summary>
    public int Unavailable { get; private set; }

    /// <summary>
    /// The database says that it will never take it, as long as somebody has put a wrong constraint on a table.
    /// </summary>
    public int Deterministic { get; private set; }

    /// <summary>It takes seconds.</summary>
    public int Stalled { get; private set; }

    /// <summary>The store breaks its contract and throws something else; it may have happened or not.</summary>
    public int Foreign { get; private set; }

    /// <summary>The process dies before the effect, or before the answer.</summary>
    public int Crashes { get; private set; }

    /// <summary>The process stands still before the answer, perhaps for longer than its lease.</summary>
    public int Pauses { get; private set; }

    /// <summary>A notice of a change is lost.</summary>
    public int NoticesLost { get; private set; }

    /// <summary>How long a call takes at most on the way there, and as long on the way back.</summary>
    public TimeSpan Latency { get; private set; }

    /// <summary>How many processes are killed at some time.</summary>
    public int Kills { get; private set; }

    public int Freezes { get; private set; }

    public int Shutdowns { get; private set; }

    /// <summary>How many spells there are in which the database is not to be had.</summary>
    public int Outages { get; private set; }

    /// <summary>Whether wall clocks are off and monotonic ones drift, the database's as well.</summary>
    public bool Clocks { get; private set; }

    /// <summary>How often the wall clock of a process is set.</summary>
    public int ClockJumps { get; private set; }

    /// <summary>How often the clock of the database is set.</summary>
    public int DatabaseJumps { get; private set; }

    /// <summary>Whether the database refuses some results for good.</summary>
    public bool RefusesResults { get; private set; }

    /// <summary>Whether there are two builds that know different workflows, or differ in one.</summary>
    public bool Builds { get; private set; }

    /// <summary>How often a stranger holds the row of an execution, or a key, for a while.</summary>
    public int Locks { get; private set; }

    /// <summary>Whether nothing goes wrong but that, so that it is clear who delays whom.</summary>
    public bool IsOnlyLocks { get; private set; }

    /// <summary>Nothing goes wrong by chance.</summary>
    public static FaultPlan None(TimeSpan latency, bool builds = false) => new() { Latency = latency, Builds = builds };

    /// <summary>No kind of fault, one kind, or some of them, each at a rate of its own.</summary>
    public static FaultPlan Swarm(Chance chance)
    {
        var plan = None(SomeLatency(chance));
        switch (chance.Below(13))
        {
            case 0:
                break;
            case 1:
                (plan.Locks, plan.IsOnlyLocks) = (chance.Between(1, 4), true);
                break;
            case 2 or 3:
                chance.Of(Kinds)(plan, chance);
                break;
            default:
                var share = chance.Between(1, 3); // Of four.
                foreach (var kind in Kinds)
                {
                    if (chance.Below(4) < share)
                    {
                        kind(plan, chance);
                    }
                }

                break;
        }

        return plan;
    }

    /// <summary>From here on everything works; the clocks stay as they are, and so do the builds.</summary>
    public void Stop()
    {
        NotSent = RolledBack = Blocked = DoubtApplied = DoubtLost = DoubtLate = Unavailable = Deterministic = 0;
        Stalled = Foreign = Crashes = Pauses = NoticesLost = 0;
    }

    /// <summary>What becomes of a call, by chance.</summary>
    public Fate Decide(Chance chance) =>
        chance.PerMille(NotSent) ? Fate.NotSent
        : chance.PerMille(RolledBack) ? Fate.RolledBack
        : chance.PerMille(Blocked) ? Fate.Blocked
        : chance.PerMille(DoubtApplied) ? Fate.DoubtApplied
        : chance.PerMille(DoubtLost) ? Fate.DoubtLost
        : chance.PerMille(DoubtLate) ? Fate.DoubtLate
        : chance.PerMille(Unavailable) ? Fate.Unavailable
        : chance.PerMille(Deterministic) ? Fate.Deterministic
        : chance.PerMille(Foreign) ? chance.Of(Fate.ForeignApplied, Fate.ForeignLost)
        : chance.PerMille(Crashes) ? chance.Of(Fate.CrashBefore, Fate.CrashAfter)
        : chance.PerMille(Pauses) ? Fate.PauseAfter
        : Fate.Fine;

    /// <summary>From one in two hundred to one in six, small rates as often as large ones.</summary>
    private static int Rate(Chance chance) => (1 << chance.Between(2, 6)) + chance.Below(1 << chance.Between(2, 7));

    private static TimeSpan SomeLatency(Chance chance) => chance.Of(
        TimeSpan.Zero, TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(200));
}
