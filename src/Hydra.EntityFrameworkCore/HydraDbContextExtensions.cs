using System.Data;
using System.Transactions;
using Hydra.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace Hydra;

/// <summary>Starts and cancels executions together with what a context of Entity Framework Core saves.</summary>
public static class HydraDbContextExtensions
{
    /// <summary>Starts executions with the context's next SaveChanges, together with its entities.</summary>
    /// <remarks>
    /// The context maps the starts: <c>modelBuilder.AddHydra(Database)</c>. It works with or without a transaction of
    /// your own, and where failed saves are retried (EnableRetryOnFailure): a retry saves the same start.
    /// </remarks>
    /// <param name="client">The engine's client.</param>
    /// <param name="context">A context of the database that the engine is in.</param>
    /// <exception cref="ArgumentException">The client is not of Hydra's own making.</exception>
    /// <exception cref="NotSupportedException">The engine's store has no tables that can be mapped.</exception>
    public static ISaveChangesClient With(this IHydraClient client, DbContext context)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(context);
        var own = Own(client);
        return own.Store.Transactions?.StartTables is not null
            ? new SaveChangesClient(own, context)
            : throw new NotSupportedException(
                $"The engine keeps its executions in a store ({own.Store.Capabilities.Name}) whose tables cannot be "
                + "mapped. Keep them in the database that the context is of.");
    }

    /// <summary>
    /// Starts and cancels within the transaction that is open on a context, or the ambient one that it is in.
    /// </summary>
    /// <remarks>
    /// Each call writes at once, into the transaction; SaveChanges has no part in it. Where failed transactions are
    /// retried (EnableRetryOnFailure), begin it within <c>Database.CreateExecutionStrategy().ExecuteAsync</c> and give
    /// starts a key: a commit that was done although it seemed to fail is then found by the retry.
    /// Without a transaction of the context's own it is the one that its connection was enlisted in
    /// (<c>Database.EnlistTransaction</c>), or <see cref="Transaction.Current"/>; the connection is then opened, if it
    /// is not, and stays open until the context is disposed of.
    /// </remarks>
    /// <param name="client">The engine's client.</param>
    /// <param name="context">A context of the database that the engine is in.</param>
    /// <exception cref="ArgumentException">
    /// The client is not of Hydra's own making, which it has to be in an ambient transaction.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// No transaction is open on the context and there is no ambient one, or its connection is in another.
    /// </exception>
    /// <exception cref="NotSupportedException">
    /// The engine's store is in no database that has transactions, or the driver knows no ambient ones.
    /// </exception>
    /// <exception cref="System.Data.Common.DbException">The connection could not be opened.</exception>
    public static ITransactionClient In(this IHydraClient client, DbContext context)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(context);
        var database = context.Database;
        if (database.CurrentTransaction is { } transaction)
        {
            return client.In(transaction.GetDbTransaction());
        }

        var ambient = database.GetEnlistedTransaction() ?? Transaction.Current
            ?? throw new InvalidOperationException(
                $"No transaction is open on the {context.GetType().Name}. Begin one (Database.BeginTransactionAsync), "
                + "or start with its next SaveChanges: With(context) instead of In(context).");
        if (database.GetDbConnection().State != ConnectionState.Open)
        {
            database.OpenConnection();
        }

        return Own(client).In(database.GetDbConnection(), ambient);
    }

    private static HydraClient Own(IHydraClient client) => client as HydraClient
        ?? throw new ArgumentException("The client was not made by Hydra itself.", nameof(client));
}
