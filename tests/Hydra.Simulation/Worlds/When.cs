namespace Hydra.Simulation.Worlds;

/// <summary>Where a piece of work stands in the queue: by virtual time, then by chance, then as it came.</summary>
internal readonly record struct When(long At, ulong Chance, long Sequence) : IComparable<When>
{
    public int CompareTo(When other)
    {
        var order = At.CompareTo(other.At);
        order = order != 0 ? order : Chance.CompareTo(other.Chance);
        return order != 0 ? order : Sequence.CompareTo(other.Sequence);
    }
}
