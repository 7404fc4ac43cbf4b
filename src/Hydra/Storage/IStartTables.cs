using System.Data.Common;

namespace Hydra.Storage;

/// <summary>
/// What a store does beside <see cref="ITransactionalStore"/> when starts may be inserted into its tables by others
/// than itself, as an object-relational mapper does with what it maps to them.
/// </summary>
/// <remarks>Safe from many threads at once, each with a connection of its own.</remarks>
public interface IStartTables
{
    /// <summary>
    /// Where the tables are within their database: the schema, or what their names begin with; empty where there is no
    /// choice.
    /// </summary>
    string Place { get; }

    /// <summary>Refuses a connection to another database than the store's.</summary>
    /// <param name="connection">Open, and of any driver.</param>
    /// <param name="transaction">The transaction that is open on it, or null. It goes on when this fails.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">
    /// It is to another database, or to another one beside; or it is being read. The message says what to do.
    /// </exception>
    /// <exception cref="DbException">It could not be asked.</exception>
    /// <exception cref="StoreException">The store's own database could not be asked.</exception>
    Task EnsureSameAsync(DbConnection connection, DbTransaction? transaction, CancellationToken cancellationToken);

    /// <summary>
    /// Finds the execution with a key as a connection sees it: within its transaction, of which nobody else sees
    /// anything yet. One with a snapshot may not see what others have committed since.
    /// </summary>
    /// <param name="connection">Open, of any driver, and to the store's database.</param>
    /// <param name="transaction">
    /// The transaction that is open on it; null for none, or for one that is ambient. It goes on when this fails.
    /// </param>
    /// <param name="key">The key.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null when it sees none.</returns>
    /// <exception cref="ArgumentException">It is being read; the message says what to do.</exception>
    /// <exception cref="DbException">It could not be asked.</exception>
    Task<ExecutionRow?> FindByKeyAsync(
        DbConnection connection, DbTransaction? transaction, string key, CancellationToken cancellationToken);

    /// <summary>
    /// Tells other processes of what was written: with the commit of the transaction, or at once where there is none.
    /// Where they notice by themselves it does nothing.
    /// </summary>
    /// <param name="transaction">The transaction within which it was written; null when it has been committed.</param>
    /// <exception cref="DbException">The transaction does not take it.</exception>
    void Announce(DbTransaction? transaction);
}
