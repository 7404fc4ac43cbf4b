namespace Hydra.Relational.Deciding;

/// <summary>A failed try of a step, and when the next one may begin.</summary>
internal readonly record struct WaitingTry(long Epoch, int ExecutionAttempt, Instant RetryAt);
