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
    /// <exception cref="ArgumentException">It is to another database; the message says what to do.</exception>
    /// <exception cref="DbException">It could not be asked.</exception>
    /// <exception cref="StoreException">The store's own database could not be asked.</exception>
    Task EnsureSameAsync(DbConnection connection, DbTransaction? transaction, CancellationToken cancellationToken);

    /// <summary>
    /// Tells other processes of what was inserted: with the commit of the transaction, or at once where there is none.
    /// Where they notice by themselves it does nothing.
    /// </summary>
    /// <param name="transaction">The transaction within which it was inserted; null when it has been committed.</param>
    /// <exception cref="DbException">The transaction does not take it.</exception>
    void Announce(DbTransaction? transaction);
}
