namespace Hydra;

/// <summary>Which executions are replayed.</summary>
public sealed record ReplayFilter
{
    /// <summary>Only those in this state; null for all that are live, that is, have not ended.</summary>
    public ExecutionState? State { get; init; }

    /// <summary>Only those of this workflow; null for any, also for those that are not registered here.</summary>
    public string? Workflow { get; init; }

    /// <summary>How many at most, from 1 on. By default there is no limit.</summary>
    public int Limit { get; init; } = int.MaxValue;

    internal void Validate() => ArgumentOutOfRangeException.ThrowIfLessThan(Limit, 1, nameof(Limit));
}
