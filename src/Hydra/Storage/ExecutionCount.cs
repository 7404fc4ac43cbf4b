namespace Hydra.Storage;

/// <summary>How many executions of one workflow are in one state.</summary>
/// <param name="Workflow">The durable name of the workflow.</param>
/// <param name="State">The state.</param>
/// <param name="BlockedReason">Why they are blocked, when they are.</param>
/// <param name="Count">How many were counted.</param>
/// <param name="AtLeast">Whether counting stopped at its limit, so that there may be more.</param>
public sealed record ExecutionCount(
    string Workflow, ExecutionState State, BlockedReason BlockedReason, long Count, bool AtLeast);
