namespace Hydra.Storage;

/// <summary>What the failed tries of one step amount to, so that the next owner goes on counting.</summary>
/// <param name="Key">The key of the step.</param>
/// <param name="LastAttempt">The number of its last failed try.</param>
/// <param name="ExecutionAttempt">The attempt of the execution that this try belongs to.</param>
/// <param name="FailedTries">How many tries have failed in that attempt of the execution.</param>
/// <param name="RetryAt">When the next try may begin; null when it may at once.</param>
public sealed record TriedStep(
    string Key, int LastAttempt, int ExecutionAttempt, int FailedTries, Instant? RetryAt);
