namespace Hydra.Storage;

/// <summary>Which executions a list shows.</summary>
public sealed record ExecutionFilter
{
    /// <summary>Only those in this state; null for any.</summary>
    public ExecutionState? State { get; init; }

    /// <summary>Only those of this workflow; null for any.</summary>
    public string? Workflow { get; init; }

    /// <summary>Only those older than this one, for the next page; null for the first.</summary>
    public ExecutionId? Before { get; init; }

    /// <summary>How many at most, 1 to 1,000. The default is 50.</summary>
    public int Limit { get; init; } = 50;
}
