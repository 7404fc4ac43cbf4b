namespace Hydra.Storage;

/// <summary>A build's refusal to replay an execution.</summary>
/// <param name="Build">The build.</param>
/// <param name="Difference">A <see cref="Failure"/> that tells what was expected and what was found.</param>
/// <param name="At">When it refused.</param>
public sealed record RefusalRow(string Build, Payload Difference, Instant At);
