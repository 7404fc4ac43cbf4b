using System.Data;
using System.Data.Common;
using System.Transactions;
using IsolationLevel = System.Data.IsolationLevel;

namespace Hydra.Storage;

/// <summary>
/// A transaction of System.Transactions in which a connection is enlisted. Stores get it in the place of a transaction
/// of their driver's, since there is none over such a connection.
/// </summary>
/// <remarks>
/// Its savepoints are statements (SAVEPOINT, ROLLBACK TO SAVEPOINT, RELEASE SAVEPOINT). Disposing of it does nothing.
/// As safe from several threads as the connection is: not at all. It ends at any moment when it is over time, and what
/// is sent then is in no transaction: send with what you write a statement that fails where a savepoint is gone.
/// </remarks>
public sealed class AmbientTransaction : DbTransaction
{
    private readonly DbConnection _connection;
    private readonly Transaction _transaction;

    private AmbientTransaction(DbConnection connection, Transaction transaction)
    {
        _connection = connection;
        _transaction = transaction;
    }

    /// <inheritdoc/>
    public override IsolationLevel IsolationLevel => _transaction.IsolationLevel switch
    {
        System.Transactions.IsolationLevel.Serializable => IsolationLevel.Serializable,
        System.Transactions.IsolationLevel.RepeatableRead => IsolationLevel.RepeatableRead,
        System.Transactions.IsolationLevel.ReadCommitted => IsolationLevel.ReadCommitted,
        System.Transactions.IsolationLevel.ReadUncommitted => IsolationLevel.ReadUncommitted,
        System.Transactions.IsolationLevel.Snapshot => IsolationLevel.Snapshot,
        System.Transactions.IsolationLevel.Chaos => IsolationLevel.Chaos,
        _ => IsolationLevel.Unspecified,
    };

    /// <inheritdoc/>
    public override bool SupportsSavepoints => true;

    /// <inheritdoc/>
    protected override DbConnection? DbConnection => IsActive ? _connection : null;

    private bool IsActive => IsActiveNow(_transaction);

    /// <summary>Enlists a connection in a transaction, unless it is enlisted there already.</summary>
    /// <param name="connection">An open connection.</param>
    /// <param name="transaction">The transaction, mostly <see cref="Transaction.Current"/>.</param>
    /// <param name="committed">
    /// Called once the transaction has been committed, or may have been; by default nothing is.
    /// </param>
    /// <exception cref="ArgumentException">The connection is not open.</exception>
    /// <exception cref="InvalidOperationException">
    /// The transaction has ended; or the connection is in another one, and then this one is undone: a driver may have
    /// enlisted half of the connection.
    /// </exception>
    /// <exception cref="NotSupportedException">
    /// The driver takes no part in transactions of System.Transactions, or not over a second connection.
    /// </exception>
    public static AmbientTransaction Join(DbConnection connection, Transaction transaction, Action? committed = null)
    {
        ArgumentNullException.ThrowIfNull(connection);
        ArgumentNullException.ThrowIfNull(transaction);
        if (connection.State != ConnectionState.Open)
        {
            throw new ArgumentException(
                $"The connection is not open ({connection.State}). Open it within the scope first.",
                nameof(connection));
        }

        if (!IsActiveNow(transaction)) // A driver would enlist the connection, and then find out.
        {
            throw new InvalidOperationException(
                "The ambient transaction has ended: it was undone, or it is over time. Begin a new scope.");
        }

        Enlist(connection, transaction);
        var own = transaction.Clone(); // The scope disposes of its own, and an inner scope does so too early.
        own.TransactionCompleted += (_, completed) =>
        {
            if (completed.Transaction?.TransactionInformation.Status != TransactionStatus.Aborted)
            {
                committed?.Invoke();
            }

            own.Dispose();
        };
        return new AmbientTransaction(connection, own);
    }

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">Always: who has begun the transaction commits it.</exception>
    public override void Commit() => throw new NotSupportedException(
        "An ambient transaction is committed by its scope: call TransactionScope.Complete.");

    /// <summary>Undoes the transaction, with all that is enlisted in it, unless it has ended.</summary>
    public override void Rollback()
    {
        if (IsActive)
        {
            _transaction.Rollback();
        }
    }

    /// <inheritdoc/>
    public override void Save(string savepointName) => Execute($"SAVEPOINT {savepointName}");

    /// <inheritdoc/>
    public override void Rollback(string savepointName) => Execute($"ROLLBACK TO SAVEPOINT {savepointName}");

    /// <inheritdoc/>
    public override void Release(string savepointName) => Execute($"RELEASE SAVEPOINT {savepointName}");

    /// <inheritdoc/>
    public override Task SaveAsync(string savepointName, CancellationToken cancellationToken = default) =>
        ExecuteAsync($"SAVEPOINT {savepointName}", cancellationToken);

    /// <inheritdoc/>
    public override Task RollbackAsync(string savepointName, CancellationToken cancellationToken = default) =>
        ExecuteAsync($"ROLLBACK TO SAVEPOINT {savepointName}", cancellationToken);

    /// <inheritdoc/>
    public override Task ReleaseAsync(string savepointName, CancellationToken cancellationToken = default) =>
        ExecuteAsync($"RELEASE SAVEPOINT {savepointName}", cancellationToken);

    private static void Enlist(DbConnection connection, Transaction transaction)
    {
        try
        {
            connection.EnlistTransaction(transaction);
        }
        catch (NotSupportedException exception)
        {
            throw new NotSupportedException(
                $"A {connection.GetType().FullName} cannot be enlisted in the ambient transaction "
                + $"({exception.Message}). Use the connection that is in it already, if there is one. Where the driver "
                + "takes no part in such transactions, begin one over the connection, and give that to In.",
                exception);
        }
        catch (Exception exception) when (exception is DbException or TransactionException or InvalidOperationException)
        {
            Undo(transaction, exception);
            throw new InvalidOperationException(
                "The connection cannot be enlisted in the ambient transaction, which is undone: "
                + exception.Message,
                exception);
        }
    }

    /// <summary>Whatever the driver has kept of it, nothing can be committed any more.</summary>
    private static void Undo(Transaction transaction, Exception reason)
    {
        try
        {
            transaction.Rollback(reason);
        }
        catch (Exception exception) when (exception is TransactionException or InvalidOperationException)
        {
            // It has ended by itself.
        }
    }

    private static bool IsActiveNow(Transaction transaction)
    {
        try
        {
            return transaction.TransactionInformation.Status == TransactionStatus.Active;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }

    private void Execute(string statement)
    {
        using var command = CreateCommand(statement);
        command.ExecuteNonQuery();
    }

    private async Task ExecuteAsync(string statement, CancellationToken cancellationToken)
    {
        await using var command = CreateCommand(statement);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Over the connection as it is, whose driver knows what it is enlisted in.</summary>
    private DbCommand CreateCommand(string statement)
    {
        var command = _connection.CreateCommand();
        command.CommandText = statement; // With names of savepoints of the engine's own making.
        return command;
    }
}
