namespace Hydra.Soak.Histories;

/// <summary>All that is known of a run, from inside and outside of the engine.</summary>
internal sealed record History
{
    /// <summary>What the clients asked for and heard.</summary>
    public IReadOnlyList<StartRecord> Starts { get; init; } = [];

    /// <summary>Whom the clients asked to stop, and what they heard.</summary>
    public IReadOnlyList<CancelRecord> Cancels { get; init; } = [];

    /// <summary>What was counted while the run went on, and after the end.</summary>
    public IReadOnlyList<ObservedCounts> Counts { get; init; } = [];

    /// <summary>Every execution of the namespace, read after the end.</summary>
    public IReadOnlyList<ObservedExecution> Executions { get; init; } = [];

    /// <summary>Executions as they were read while the run went on, in that order.</summary>
    public IReadOnlyList<ObservedExecution> Samples { get; init; } = [];

    /// <summary>What step bodies wrote, in the order of the file.</summary>
    public IReadOnlyList<SideEffect> Effects { get; init; } = [];

    /// <summary>Results that somebody read.</summary>
    public IReadOnlyList<ResultRecord> Results { get; init; } = [];
}
