namespace Hydra;

/// <summary>What came of wrapping the keys of subjects with the current key of the ring.</summary>
/// <param name="Rewrapped">How many were wrapped with another key before.</param>
/// <param name="Left">
/// How many stay as they are, since they cannot be unwrapped here: the ring lacks the key that they are wrapped with,
/// or they are damaged. Once there are none, no key of a subject needs any key of the ring but the current one.
/// </param>
public sealed record RewrapSummary(int Rewrapped, int Left)
{
    /// <summary>How many there are in the namespace, those included that were left or needed nothing.</summary>
    public int Kept { get; init; }
}
