namespace Hydra.Engine.Observing;

/// <summary>When a loop of the engine went round last, which it does whether or not its database answers.</summary>
internal sealed class LoopPulse(string loop, TimeProvider time, TimeSpan longest)
{
    /// <summary>Beyond the longest wait of a loop: what calls of the store may take.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private long _last = time.GetTimestamp();

    public string Loop { get; } = loop;

    /// <summary>Whether it went round when it should have.</summary>
    public bool IsAlive => time.GetElapsedTime(Volatile.Read(ref _last)) <= longest + Patience;

    public void Beat() => Volatile.Write(ref _last, time.GetTimestamp());
}
