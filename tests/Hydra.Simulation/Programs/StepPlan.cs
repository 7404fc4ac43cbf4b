namespace Hydra.Simulation.Programs;

/// <summary>One step of a program: how it is called, and how its body behaves.</summary>
internal sealed record StepPlan
{
    public const int Always = int.MaxValue;

    public required string Name { get; init; }

    public required StepOptions Options { get; init; }

    /// <summary>How long the body takes.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>Up to which attempt the body fails.</summary>
    public int FailsThrough { get; init; }

    /// <summary>Whether its failures say that trying again is of no use.</summary>
    public bool NonRetryable { get; init; }

    /// <summary>Whether the body writes in a transaction.</summary>
    public bool IsTransactional { get; init; }

    /// <summary>Whether the body goes on although its token has fired.</summary>
    public bool IgnoresToken { get; init; }

    /// <summary>Whether the body takes its process with it, as long as things go wrong.</summary>
    public bool KillsProcess { get; init; }

    /// <summary>Whether the input holds the workflow's time.</summary>
    public bool TakesTime { get; init; }

    /// <summary>Whether the input holds numbers and ids made by the workflow.</summary>
    public bool TakesChance { get; init; }
}
