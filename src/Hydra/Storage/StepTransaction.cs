using System.Data.Common;

namespace Hydra.Storage;

/// <summary>
/// An open transaction in which the body of a transactional step writes: a connection of the store's, one of the
/// user's, or whatever an object-relational mapper makes of it.
/// </summary>
/// <remarks>
/// Used by one try at a time. The engine calls the body, then <see cref="FlushAsync"/>, lands the result in
/// <see cref="Transaction"/> as the last thing, and then <see cref="CommitAsync"/>; at the end it disposes of it.
/// </remarks>
public abstract class StepTransaction : IAsyncDisposable
{
    /// <summary>The transaction of the database's driver, over a connection to the engine's own database.</summary>
    public abstract DbTransaction Transaction { get; }

    /// <summary>
    /// Writes what the body has left in memory. It is called after the body and before the result is landed. By default
    /// there is nothing.
    /// </summary>
    /// <param name="cancellationToken">Gives up; the transaction is undone then.</param>
    public virtual Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Commits. When it throws, the engine finds out what has become of it.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    public abstract Task CommitAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Undoes it unless it has been committed, and gives its connection back. It may be called twice.
    /// </summary>
    public abstract ValueTask DisposeAsync();
}
