namespace Hydra.Engine.Observing;

/// <summary>When a loop of the engine went round last, which it does whether or not its database answers.</summary>
/// <param name="loop">Its name.</param>
/// <param name="time">Measures.</param>
/// <param name="longest">The longest from one beat to the next, beside what calls of the store take.</param>
internal sealed class LoopPulse(string loop, TimeProvider time, TimeSpan longest)
{
    /// <summary>Beyond the longest wait of a loop: what calls of the store may take.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private long _next = Next(time, longest);

    public string Loop { get; } = loop;

    /// <summary>Whether it went round when it should have.</summary>
    public bool IsAlive => time.GetTimestamp() <= Volatile.Read(ref _next);

    public void Beat() => Beat(longest);

    /// <summary>It goes round, and the next time after a wait of its own.</summary>
    public void Beat(TimeSpan wait) => Volatile.Write(ref _next, Next(time, wait));

    private static long Next(TimeProvider time, TimeSpan wait) =>
        time.GetTimestamp() + (long)((wait + Patience).TotalSeconds * time.TimestampFrequency);
}
