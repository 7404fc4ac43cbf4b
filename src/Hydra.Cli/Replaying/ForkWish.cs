namespace Hydra.Cli.Replaying;

/// <summary>The fork that a program is asked about.</summary>
/// <param name="Step">The key of the step.</param>
/// <param name="Key">The idempotency key of the fork; null for none.</param>
/// <param name="Input">What the step's body is given; null for what the code gives it.</param>
/// <param name="Output">The step's outcome; null to run it anew.</param>
/// <param name="WorkflowInput">What the workflow is given; null for its recorded input.</param>
internal sealed record ForkWish(string Step, string? Key, Payload? Input, Payload? Output, Payload? WorkflowInput);
