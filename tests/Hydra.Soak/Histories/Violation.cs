namespace Hydra.Soak.Histories;

/// <summary>Something that must never happen and did.</summary>
/// <param name="Invariant">The number of the invariant, such as "S4".</param>
/// <param name="Message">What happened.</param>
internal sealed record Violation(string Invariant, string Message);
