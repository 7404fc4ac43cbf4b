namespace Hydra.Storage;

/// <summary>Operations that commit together, in one transaction and one round trip.</summary>
/// <param name="Session">The session whose ownership the advances prove; none for a process without a worker.</param>
/// <param name="Operations">The operations; several of one execution stand in the order in which they happened.</param>
public sealed record CommitBatch(SessionId Session, IReadOnlyList<StoreOperation> Operations)
{
    /// <summary>
    /// How long to wait at most for a lock of somebody else, where that is shorter than the store's own bound, which
    /// it is by default. A store that counts in larger units may wait for none at all, or for one unit.
    /// </summary>
    public TimeSpan LockWait { get; init; } = TimeSpan.MaxValue;
}
