namespace Hydra.Storage;

/// <summary>What a claim found.</summary>
/// <param name="Now">The database's clock.</param>
/// <param name="SessionLost">Whether the session is gone; nothing was claimed then.</param>
/// <param name="Executions">What the session owns from now on.</param>
/// <param name="NextDue">
/// When the next execution of these workflows is due, strictly in the future; never when none is known.
/// </param>
/// <param name="More">Whether more was due than the limits of the request allowed.</param>
public sealed record ClaimAnswer(
    Instant Now, bool SessionLost, IReadOnlyList<ClaimedExecution> Executions, Instant NextDue, bool More);
