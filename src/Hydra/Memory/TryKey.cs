using Hydra.Storage;

namespace Hydra.Memory;

/// <summary>The identity of a row of attempts, in the order in which they are read.</summary>
internal readonly record struct TryKey(string Key, int Attempt, long Epoch, TryPhase Phase) : IComparable<TryKey>
{
    public static TryKey Of(StepTry row) => new(row.Key, row.Attempt, row.Epoch, row.Phase);

    public int CompareTo(TryKey other)
    {
        var order = string.CompareOrdinal(Key, other.Key);
        order = order != 0 ? order : Attempt.CompareTo(other.Attempt);
        order = order != 0 ? order : Epoch.CompareTo(other.Epoch);
        return order != 0 ? order : Phase.CompareTo(other.Phase);
    }
}
