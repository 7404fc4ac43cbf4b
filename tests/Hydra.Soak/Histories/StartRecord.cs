namespace Hydra.Soak.Histories;

/// <summary>One call of a client to start an execution.</summary>
/// <param name="Key">The idempotency key.</param>
/// <param name="Workflow">The durable name of the workflow.</param>
/// <param name="Input">The input as compact JSON.</param>
/// <param name="Outcome">What the client heard.</param>
/// <param name="Id">The execution it got; null when it got none.</param>
internal sealed record StartRecord(string Key, string Workflow, string Input, StartOutcome Outcome, string? Id);
