namespace Hydra.Soak.Histories;

/// <summary>A result that somebody read.</summary>
/// <param name="Id">The execution.</param>
/// <param name="State">How it had ended.</param>
/// <param name="Output">Its output as compact JSON; null when it had none.</param>
internal sealed record ResultRecord(string Id, string State, string? Output);
