namespace Hydra.Storage;

/// <summary>Shorter ways to call a store.</summary>
public static class WorkflowStoreExtensions
{
    /// <summary>Commits operations that are known beforehand. When it returns they are durable.</summary>
    /// <param name="store">The store.</param>
    /// <param name="batch">The operations.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="StoreException">Tells what is known of the effect.</exception>
    public static Task<CommitAnswer> CommitAsync(
        this IWorkflowStore store, CommitBatch batch, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(batch);
        return store.CommitAsync(() => batch, cancellationToken);
    }
}
