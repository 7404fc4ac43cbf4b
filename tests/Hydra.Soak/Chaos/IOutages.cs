namespace Hydra.Soak.Chaos;

/// <summary>The times in which nobody could write, so that no work could be taken back.</summary>
internal interface IOutages
{
    /// <summary>
    /// How much of the time between a death and the end of its consequences, two timestamps of the stopwatch, nobody
    /// can be blamed for.
    /// </summary>
    TimeSpan Excused(long from, long to);

    /// <summary>All of it, in words.</summary>
    string Describe();
}
