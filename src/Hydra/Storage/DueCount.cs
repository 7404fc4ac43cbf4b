namespace Hydra.Storage;

/// <summary>How many executions of one workflow are due and not owned.</summary>
/// <param name="Workflow">The durable name of the workflow.</param>
/// <param name="Count">How many were counted.</param>
/// <param name="AtLeast">Whether counting stopped at its limit, so that there may be more.</param>
/// <param name="OldestDueAt">Since when the first of them is due.</param>
public sealed record DueCount(string Workflow, long Count, bool AtLeast, Instant OldestDueAt);
