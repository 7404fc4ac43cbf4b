using System.Data;
using System.Data.Common;

namespace Hydra.Storage;

/// <summary>A transaction over a connection that was opened for it alone.</summary>
/// <param name="connection">The connection; it is closed with the transaction.</param>
/// <param name="transaction">The open transaction.</param>
public sealed class ConnectionTransaction(DbConnection connection, DbTransaction transaction) : StepTransaction
{
    /// <inheritdoc/>
    public override DbTransaction Transaction => transaction;

    /// <summary>Opens a connection and begins a transaction over it.</summary>
    /// <param name="source">Where the connection comes from.</param>
    /// <param name="isolation">How the transaction is isolated.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentNullException">The source is null.</exception>
    /// <exception cref="DbException">The database cannot be reached, or does not begin one.</exception>
    public static async ValueTask<StepTransaction> BeginAsync(
        DbDataSource source, IsolationLevel isolation, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        var connection = await source.OpenConnectionAsync(cancellationToken);
        try
        {
            return new ConnectionTransaction(
                connection, await connection.BeginTransactionAsync(isolation, cancellationToken));
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public override Task CommitAsync(CancellationToken cancellationToken) => transaction.CommitAsync(cancellationToken);

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        try
        {
            await transaction.DisposeAsync();
        }
        finally
        {
            await connection.DisposeAsync(); // Whatever the transaction says: it may hold locks.
        }
    }
}
