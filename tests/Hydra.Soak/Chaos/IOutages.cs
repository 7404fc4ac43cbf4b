namespace Hydra.Soak.Chaos;

/// <summary>The times in which nobody could write, so that no work could be taken back.</summary>
internal interface IOutages
{
    /// <summary>
    /// How much of the time between a death and the end of its consequences, two timestamps of the stopwatch, nobody
    /// can be blamed for.
    /// </summary>
    TimeSpan Excused(long from, long to);

    /// <summary>
    /// Whether what was read at one time may have been undone at another, because the database had shown it before it
    /// was kept and told to whoever wrote it.
    /// </summary>
    bool MayUndo(long from, long to);

    /// <summary>All of it, in words.</summary>
    string Describe();
}
