namespace Hydra.Storage;

/// <summary>What a beat found.</summary>
/// <param name="Now">The database's clock.</param>
/// <param name="Lost">Whether the session is gone: it was swept and is dead for ever.</param>
/// <param name="Owned">What the session owns, as far as <see cref="Look"/> says.</param>
public sealed record HeartbeatAnswer(Instant Now, bool Lost, IReadOnlyList<OwnedExecution> Owned)
{
    /// <summary>What <see cref="Owned"/> is complete for. The default is everything that the session owns.</summary>
    public BeatLook Look { get; init; } = BeatLook.Everything;
}
