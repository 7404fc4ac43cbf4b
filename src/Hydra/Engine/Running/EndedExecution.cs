namespace Hydra.Engine.Running;

/// <summary>How an execution ended.</summary>
/// <param name="State">A terminal state.</param>
/// <param name="Output">Its output, or its <see cref="Failure"/> when it has none.</param>
internal sealed record EndedExecution(ExecutionState State, Payload Output);
