namespace Hydra.Storage;

/// <summary>
/// What the failed tries of one step amount to, so that the next owner goes on counting; or that its body has begun and
/// may not begin again, or that its result has landed. Tries that say nothing of the kind are not told.
/// </summary>
/// <param name="Key">The key of the step.</param>
/// <param name="LastAttempt">
/// The number of its last such try; the one before where that is <see cref="TryPhase.NotBegun"/>, which uses none up.
/// </param>
/// <param name="ExecutionAttempt">The attempt of the execution that this try belongs to.</param>
/// <param name="FailedTries">How many tries have failed in that attempt of the execution.</param>
/// <param name="RetryAt">When the next try may begin; null when it may at once.</param>
/// <param name="BegunOnce">Whether that last one is <see cref="TryPhase.BegunOnce"/>.</param>
/// <param name="Landed">
/// Whether that last one is <see cref="TryPhase.Landed"/> and no bar; the journal may have its result already.
/// </param>
public sealed record TriedStep(
    string Key,
    int LastAttempt,
    int ExecutionAttempt,
    int FailedTries,
    Instant? RetryAt,
    bool BegunOnce = false,
    bool Landed = false);
