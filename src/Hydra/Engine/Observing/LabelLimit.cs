using System.Collections.Concurrent;

namespace Hydra.Engine.Observing;

/// <summary>Keeps the values of a label few: what comes after the first so many is told as others.</summary>
/// <remarks>Whoever collects metrics keeps every series for ever, and names may be made by a program.</remarks>
internal sealed class LabelLimit<T>(int most) where T : notnull
{
    /// <summary>Stands for all that are over the limit; no name that a user may give.</summary>
    public const string Others = "(others)";

    private readonly ConcurrentDictionary<T, bool> _admitted = new();
    private int _count;

    public bool Admits(T value)
    {
        if (_admitted.ContainsKey(value))
        {
            return true;
        }

        if (Volatile.Read(ref _count) >= most) // Several at once may get in beyond it, which does no harm.
        {
            return false;
        }

        if (_admitted.TryAdd(value, true))
        {
            Interlocked.Increment(ref _count);
        }

        return true;
    }
}
