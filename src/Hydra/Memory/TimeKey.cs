using Hydra.Storage;

namespace Hydra.Memory;

/// <summary>A place in an index by time. The id decides between equal times: every order is repeatable.</summary>
internal readonly record struct TimeKey(Instant At, ExecutionId Id) : IComparable<TimeKey>
{
    private static readonly ExecutionId LastId = new(Guid.AllBitsSet);

    /// <summary>Behind everything that stands at this moment, before everything later.</summary>
    public static TimeKey Behind(Instant at) => new(at, LastId);

    public int CompareTo(TimeKey other)
    {
        var byTime = At.CompareTo(other.At);
        return byTime != 0 ? byTime : Id.CompareTo(other.Id);
    }
}
