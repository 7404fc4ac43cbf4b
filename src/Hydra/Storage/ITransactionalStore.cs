using System.Data;
using System.Data.Common;

namespace Hydra.Storage;

/// <summary>
/// What a store does beside <see cref="IWorkflowStore"/> when it lives in a database that its users write to as well:
/// it writes within their transactions.
/// </summary>
/// <remarks>Safe from many threads at once, each with a transaction of its own.</remarks>
public interface ITransactionalStore
{
    /// <summary>Where others insert starts themselves; null where none but the store may.</summary>
    IStartTables? StartTables { get; }

    /// <summary>
    /// Writes operations within a transaction of the caller's: what comes of them becomes true when it commits, and
    /// never when it is undone. Other processes hear of it after the commit.
    /// </summary>
    /// <remarks>
    /// When the call fails nothing of it is left in the transaction, which may go on, unless the database has ended it:
    /// a lost connection or a deadlock. Keys and executions stay locked until the transaction ends.
    /// </remarks>
    /// <param name="transaction">
    /// An open transaction of this database's own driver, over a connection to the database that the store is in; or
    /// an <see cref="AmbientTransaction"/> over such a connection, of whose commit the engine tells other processes
    /// (<see cref="IStartTables.Announce"/>).
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

    /// <summary>Begins a transaction for the body of a step, over a connection of the store's own.</summary>
    /// <param name="isolation">How it is isolated; unspecified stands for what the database does by itself.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StoreException">The database cannot be reached, or is locked.</exception>
    /// <exception cref="ArgumentException">The database does not know the isolation level.</exception>
    Task<StepTransaction> BeginAsync(IsolationLevel isolation, CancellationToken cancellationToken);

    /// <summary>
    /// Makes sure that a transaction is in this database, before a body writes in it, and bounds how long it stays open
    /// there when its process stands still, where the database can do that.
    /// </summary>
    /// <param name="transaction">An open transaction of this database's own driver.</param>
    /// <param name="limit">After how long the server may end it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">
    /// The transaction has ended, is of another driver or of another database; the message says which.
    /// </exception>
    /// <exception cref="StoreException">The database could not do it.</exception>
    Task PrepareAsync(DbTransaction transaction, TimeSpan limit, CancellationToken cancellationToken);

    /// <summary>
    /// Ends statements of a body once its token has fired, where the database's driver does not heed tokens itself.
    /// </summary>
    /// <param name="transaction">The open transaction in which the body writes.</param>
    /// <param name="token">The token of the body.</param>
    /// <returns>What stops that when it is disposed of, once the body has ended; null where it is not needed.</returns>
    IDisposable? InterruptOn(DbTransaction transaction, CancellationToken token);

    /// <summary>
    /// Writes the result of a step as the last thing in its transaction, fenced: only while the session
    /// owns the execution under the epoch of the try, which it does until the transaction ends.
    /// </summary>
    /// <param name="transaction">The open transaction that the body has written in.</param>
    /// <param name="session">The session that claimed the execution for the try.</param>
    /// <param name="id">The execution.</param>
    /// <param name="landed">
    /// The try, of phase <see cref="TryPhase.Landed"/>, with its input and output and without a failure.
    /// </param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">The transaction has ended.</exception>
    /// <exception cref="StoreException">The database could not take it; the transaction must be undone.</exception>
    Task<LandingAnswer> LandAsync(
        DbTransaction transaction,
        SessionId session,
        ExecutionId id,
        StepTry landed,
        CancellationToken cancellationToken);

    /// <summary>
    /// Finds out whether a try has landed, and when it has not, makes sure that it never will: waits for the
    /// transaction if it is still open, and else writes the bar in the place of its result.
    /// </summary>
    /// <param name="session">The session that claimed the execution for the try.</param>
    /// <param name="id">The execution.</param>
    /// <param name="bar">
    /// The try, of phase <see cref="TryPhase.Landed"/>, with a failure that says why; it has neither output nor end.
    /// </param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What has landed; null when nothing has, and nothing can any more.</returns>
    /// <exception cref="StoreException">Nothing is known yet: ask again.</exception>
    Task<StepTry?> BarAsync(
        SessionId session, ExecutionId id, StepTry bar, CancellationToken cancellationToken);

    /// <summary>Reads what has landed for a step, without its other tries.</summary>
    /// <param name="id">The execution.</param>
    /// <param name="key">The key of the step.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Its result; more than one, of which two are told, only where the data is broken.</returns>
    /// <exception cref="StoreException">The database could not be read.</exception>
    Task<IReadOnlyList<StepTry>> ReadLandedAsync(ExecutionId id, string key, CancellationToken cancellationToken);

    /// <summary>Says of an error what is known of the transaction in which it came up.</summary>
    /// <param name="error">What a statement or the commit has thrown, whatever it is wrapped in.</param>
    TransactionFate Judge(Exception error);
}
