using Hydra.Storage;

namespace Hydra.Simulation.Checks;

/// <summary>One run of a step's body, as the body itself saw it: what the world outside would have noticed.</summary>
internal sealed class BodyRecord
{
    public required ExecutionId Execution { get; init; }

    public required string Key { get; init; }

    public required int Attempt { get; init; }

    public required long Epoch { get; init; }

    public required string Process { get; init; }

    public required Payload Input { get; init; }

    /// <summary>Whether it may begin at most once.</summary>
    public bool AtMostOnce { get; set; }

    /// <summary>Whether it writes in a transaction.</summary>
    public bool IsTransactional { get; set; }

    /// <summary>When it began, in the order of all that happened.</summary>
    public required long Began { get; init; }

    /// <summary>When it began, by the database's clock.</summary>
    public required Instant BeganAt { get; init; }

    /// <summary>When it ended; 0 when it never did.</summary>
    public long Ended { get; set; }

    /// <summary>At what time of the world it ended.</summary>
    public long EndedAt { get; set; }

    /// <summary>What it returned; null when it threw.</summary>
    public long? Value { get; set; }

    public override string ToString() => $"'{Key}' attempt {Attempt} epoch {Epoch} on {Process} at #{Began}";
}
