namespace Hydra.Simulation.Worlds;

/// <summary>
/// Which faults a world has and how often, each on or off by the seed: a world with all of them at once rarely gets far
/// enough to meet the rarer states. Rates are in thousandths of the calls of the store.
/// </summary>
internal sealed class Faults
{
    private Faults()
    {
    }

    /// <summary>The call never reaches the database.</summary>
    public int NotSent { get; private set; }

    /// <summary>The database undoes it.</summary>
    public int RolledBack { get; private set; }

    /// <summary>It happened, but the answer is lost.</summary>
    public int DoubtApplied { get; private set; }

    /// <summary>It did not happen, but nobody knows.</summary>
    public int DoubtLost { get; private set; }

    /// <summary>Nobody knows whether it happened, and then it does.</summary>
    public int DoubtLate { get; private set; }

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

    /// <summary>Whether the database refuses some results for good.</summary>
    public bool RefusesResults { get; private set; }

    /// <summary>Whether some processes run a build that does not match the journals of others.</summary>
    public bool OtherBuilds { get; private set; }

    /// <summary>How many spells there are in which the database is not to be had.</summary>
    public int Outages { get; private set; }

    /// <summary>Whether wall clocks are off and monotonic ones drift.</summary>
    public bool Clocks { get; private set; }

    public static Faults None(Chance chance) => new() { Latency = SomeLatency(chance) };

    public static Faults Swarm(Chance chance)
    {
        var faults = None(chance);
        if (chance.OneIn(12))
        {
            return faults;
        }

        faults.NotSent = Rate(chance);
        faults.RolledBack = Rate(chance);
        faults.DoubtApplied = Rate(chance);
        faults.DoubtLost = Rate(chance);
        faults.DoubtLate = Rate(chance);
        faults.Stalled = Rate(chance) / 4;
        faults.Foreign = Rate(chance) / 4;
        faults.Crashes = Rate(chance) / 4;
        faults.Pauses = Rate(chance) / 4;
        faults.NoticesLost = chance.OneIn(2) ? chance.Of(100, 500, 1000) : 0;
        faults.Kills = chance.OneIn(2) ? chance.Between(1, 3) : 0;
        faults.Freezes = chance.OneIn(2) ? chance.Between(1, 3) : 0;
        faults.Shutdowns = chance.OneIn(3) ? chance.Between(1, 2) : 0;
        faults.Outages = chance.OneIn(6) ? 1 : 0;
        faults.Clocks = chance.OneIn(2);
        faults.RefusesResults = chance.OneIn(8);
        faults.OtherBuilds = chance.OneIn(6);
        return faults;
    }

    /// <summary>From here on everything works; the clocks stay as they are.</summary>
    public void Stop()
    {
        NotSent = RolledBack = DoubtApplied = DoubtLost = DoubtLate = 0;
        Stalled = Foreign = Crashes = Pauses = NoticesLost = 0;
        OtherBuilds = false;
    }

    private static int Rate(Chance chance) => chance.OneIn(2) ? 0 : chance.Of(5, 20, 60, 150);

    private static TimeSpan SomeLatency(Chance chance) => chance.Of(
        TimeSpan.Zero, TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(200));
}
