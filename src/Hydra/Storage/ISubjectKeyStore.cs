namespace Hydra.Storage;

/// <summary>Keeps the keys of subjects, each encrypted (wrapped) with a key of the ring, and destroys them.</summary>
/// <remarks>
/// Safe from many threads and processes at once. An id that was destroyed stays so for ever: nobody adds a key under it
/// again. The stores of this library keep the keys in their database; another one, given to
/// <see cref="PayloadOptions.SubjectKeys"/>, keeps them where backups of that database do not reach. Of that one an
/// engine asks for up to 32 keys at a time, and gives up what is not answered within ten seconds, whose token is
/// cancelled then. Calls must not block their threads: that would hold up the engine.
/// </remarks>
public interface ISubjectKeyStore
{
    /// <summary>Finds a key.</summary>
    /// <param name="id">Its id, at most 64 characters of ASCII.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>What is kept under the id; null when nothing ever was.</returns>
    /// <exception cref="StoreException">The keys cannot be read.</exception>
    Task<SubjectKeyRow?> FindAsync(string id, CancellationToken cancellationToken);

    /// <summary>Keeps a key, unless there is one under the id or was. It is durable when the call returns.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="wrapped">The wrapped key, 1 to 1,000 characters of ASCII.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>What is kept under the id now: this key, that of somebody who came first, or a destroyed one.</returns>
    /// <exception cref="StoreException">The key cannot be written.</exception>
    Task<SubjectKeyRow> AddAsync(string id, string wrapped, CancellationToken cancellationToken);

    /// <summary>Lists the keys in the order of their ids, those that were destroyed left out.</summary>
    /// <param name="afterId">Only those behind this id; null for all.</param>
    /// <param name="limit">How many at most, 1 to 1,000.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="StoreException">The keys cannot be read.</exception>
    Task<IReadOnlyList<SubjectKeyRow>> ListAsync(string? afterId, int limit, CancellationToken cancellationToken);

    /// <summary>Keeps a key wrapped in another way, if it is kept as it is expected. Durable when it returns.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="expected">The wrapped key as it was read.</param>
    /// <param name="wrapped">The wrapped key as it is to be, 1 to 1,000 characters of ASCII.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Whether it is kept so now; false when somebody has replaced or destroyed it meanwhile.</returns>
    /// <exception cref="StoreException">It cannot be written; the key may be replaced or not.</exception>
    Task<bool> ReplaceAsync(string id, string expected, string wrapped, CancellationToken cancellationToken);

    /// <summary>Removes a key and keeps that it was destroyed, also of an id that has none. Repeatable.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Whether there was a key.</returns>
    /// <exception cref="StoreException">It cannot be written; the key may be destroyed or not.</exception>
    Task<bool> DestroyAsync(string id, CancellationToken cancellationToken);
}
