using System.Data.Common;

namespace Hydra.Storage;

/// <summary>
/// What a store does beside <see cref="IWorkflowStore"/> when it lives in a database that its users write to as well:
/// it writes within their transactions.
/// </summary>
/// <remarks>Safe from many threads at once, each with a transaction of its own.</remarks>
public interface ITransactionalStore
{
    /// <summary>
    /// Writes operations within a transaction of the caller's: what comes of them becomes true when it commits, and
    /// never when it is undone. Other processes hear of it after the commit.
    /// </summary>
    /// <remarks>
    /// When the call fails nothing of it is left in the transaction, which may go on, unless the database has ended it:
    /// a lost connection or a deadlock. Keys and executions stay locked until the transaction ends.
    /// </remarks>
    /// <param name="transaction">
    /// An open transaction of this database's own driver, over a connection to the database that the store is in.
    /// </param>
    /// <param name="operations">Starts without an owner, and cancellations.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>
    /// The answers, in order. When one is <see cref="AnswerKind.Conflict"/>, nothing of the call is written.
    /// </returns>
    /// <exception cref="ArgumentException">
    /// The transaction has ended, is of another driver or of another database; the message says which.
    /// </exception>
    /// <exception cref="StoreException">The database could not take it; the message says what to do.</exception>
    Task<IReadOnlyList<OperationAnswer>> WriteAsync(
        DbTransaction transaction, IReadOnlyList<StoreOperation> operations, CancellationToken cancellationToken);
}
