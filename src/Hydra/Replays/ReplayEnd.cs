namespace Hydra;

/// <summary>How an execution ended, or would end with today's code.</summary>
/// <param name="State">The terminal state. An attempt that fails is failed here, although another may follow.</param>
/// <param name="Output">The output; none when it failed.</param>
/// <param name="Failure">What went wrong; null when it completed.</param>
public sealed record ReplayEnd(ExecutionState State, Payload Output, Failure? Failure);
