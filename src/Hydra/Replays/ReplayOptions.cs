namespace Hydra;

/// <summary>How an execution is replayed.</summary>
public sealed record ReplayOptions
{
    /// <summary>
    /// How long the code may take over it in all, mostly without awaiting anything, or for something other than a
    /// durable call that was awaited when it was recorded. The default is 10 seconds.
    /// </summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(10);

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(Patience, TimeSpan.Zero, nameof(Patience));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Patience, TimeSpan.FromDays(1), nameof(Patience));
    }
}
