using Hydra.Storage;

namespace Hydra;

/// <summary>Which executions are deleted, and where they go before.</summary>
public sealed record PruneOptions
{
    /// <summary>How long ago they have ended at least, two hours or more.</summary>
    public required TimeSpan OlderThan { get; init; }

    /// <summary>Only executions that were started under this name of a workflow. By default those of all.</summary>
    public string? Workflow { get; init; }

    /// <summary>Only those that have ended like this. By default however they ended.</summary>
    public ExecutionState? State { get; init; }

    /// <summary>The most that are deleted, at least 1. By default there is no limit.</summary>
    public int Limit { get; init; } = int.MaxValue;

    /// <summary>Whether they are only counted. The default is no.</summary>
    public bool DryRun { get; init; }

    /// <summary>Where they are written before they are deleted. By default nowhere.</summary>
    public IExecutionArchive? Archive { get; init; }

    internal void Validate()
    {
        if (OlderThan < RetentionOptions.Shortest || OlderThan > StoreRules.MaxInterval)
        {
            throw new ArgumentException(
                $"OlderThan is {OlderThan}, and executions are kept for {RetentionOptions.Shortest.TotalHours} hours "
                + "at least, because somebody may still ask for their results, and "
                + $"{StoreRules.MaxInterval.Days:N0} days at most.");
        }

        if (State is { } state && !state.IsTerminal())
        {
            throw new ArgumentException($"Only what has ended can be deleted, and {state} is no end.");
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(Limit, 1, nameof(Limit));
    }
}
