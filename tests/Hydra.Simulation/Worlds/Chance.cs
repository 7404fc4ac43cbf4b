namespace Hydra.Simulation.Worlds;

/// <summary>All chance of a world comes from its seed through here (SplitMix64).</summary>
internal sealed class Chance(ulong seed)
{
    private ulong _state = seed;

    public ulong Next()
    {
        var z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>A number from 0 to one less than the limit.</summary>
    public int Below(int limit) => (int)((UInt128)Next() * (ulong)limit >> 64);

    /// <summary>A number from the first to the last, both included.</summary>
    public int Between(int first, int last) => first + Below(last - first + 1);

    /// <summary>True in so many of a thousand cases.</summary>
    public bool PerMille(int cases) => cases > 0 && Below(1000) < cases;

    public bool OneIn(int cases) => Below(cases) == 0;

    public T Of<T>(params ReadOnlySpan<T> choices) => choices[Below(choices.Length)];

    /// <summary>A span from zero up to a limit, mostly short.</summary>
    public TimeSpan UpTo(TimeSpan limit)
    {
        var part = Below(1024) / 1024.0;
        return TimeSpan.FromTicks((long)(limit.Ticks * part * part));
    }

    public TimeSpan Between(TimeSpan first, TimeSpan last) =>
        first + TimeSpan.FromTicks((long)((last - first).Ticks * (Below(1024) / 1024.0)));

    /// <summary>A new source that this one decides about, so that drawing from one does not shift the other.</summary>
    public Chance Split() => new(Next());
}
