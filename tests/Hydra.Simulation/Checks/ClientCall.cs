using Hydra.Simulation.Worlds;
using Hydra.Storage;

namespace Hydra.Simulation.Checks;

/// <summary>One call of a client: invoked, and then answered, failed, or for ever unknown.</summary>
internal sealed class ClientCall
{
    public required SimulatedProcess Process { get; init; }

    public required StartRequest Request { get; init; }

    /// <summary>At what time of the world the start was made.</summary>
    public required long SentAt { get; init; }

    /// <summary>The execution that the start was answered with.</summary>
    public ExecutionId? Id { get; set; }

    /// <summary>Whether the key belonged to other work.</summary>
    public bool IsConflict { get; set; }

    /// <summary>What it failed with, when it did.</summary>
    public StoreErrorKind? Failed { get; set; }

    /// <summary>The input that was submitted.</summary>
    public required Payload Input { get; init; }

    public bool IsAnswered => Id is not null || IsConflict || Failed is not null;

    /// <summary>What a follower of the execution heard: its terminal state and its output.</summary>
    public (ExecutionState State, Payload Output)? Result { get; set; }

    /// <summary>Whether a follower waits or has heard.</summary>
    public bool Follows { get; set; }
}
