namespace Hydra.Storage;

/// <summary>What a beat found.</summary>
/// <param name="Now">The database's clock.</param>
/// <param name="Lost">Whether the session is gone: it was swept and is dead for ever.</param>
/// <param name="Owned">Everything that the session owns.</param>
public sealed record HeartbeatAnswer(Instant Now, bool Lost, IReadOnlyList<OwnedExecution> Owned);
