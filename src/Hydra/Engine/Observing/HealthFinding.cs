namespace Hydra.Engine.Observing;

/// <summary>What one check of an engine found.</summary>
/// <param name="Check">What was looked at.</param>
/// <param name="IsGood">Whether it is as it should be.</param>
/// <param name="Detail">
/// What is wrong, for people; never an exception's message. Null when nothing is. With what is good it is a warning.
/// </param>
internal sealed record HealthFinding(string Check, bool IsGood, string? Detail = null);
