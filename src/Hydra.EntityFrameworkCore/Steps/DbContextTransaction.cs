using System.Data;
using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Hydra.EntityFrameworkCore.Steps;

/// <summary>The transaction of a step, open on a context of its own.</summary>
/// <remarks>
/// Each begin has services of its own, so that a body that begins anew finds an empty context. The engine alone decides
/// what is repeated, because it finds out first what has become of a commit: no strategy of the context's may.
/// </remarks>
internal sealed class DbContextTransaction<TContext> : StepTransaction
    where TContext : DbContext
{
    private readonly AsyncServiceScope _scope;
    private readonly bool _owned;
    private readonly IDbContextTransaction _transaction;

    private DbContextTransaction(
        AsyncServiceScope scope, TContext context, bool owned, IDbContextTransaction transaction)
    {
        _scope = scope;
        Context = context;
        _owned = owned;
        _transaction = transaction;
    }

    public TContext Context { get; }

    public override DbTransaction Transaction => _transaction.GetDbTransaction();

    public static async ValueTask<DbContextTransaction<TContext>> BeginAsync(
        IServiceProvider services, IsolationLevel isolation, CancellationToken cancellationToken)
    {
        var scope = services.CreateAsyncScope();
        TContext? created = null;
        try
        {
            var context = scope.ServiceProvider.GetService<TContext>()
                ?? (created = scope.ServiceProvider.GetService<IDbContextFactory<TContext>>()?.CreateDbContext())
                ?? throw new NonRetryableException(
                    $"The step needs a {typeof(TContext).Name}, which is not among the services. Register it with "
                    + "AddDbContext or AddDbContextFactory.");
            var transaction = await NoRetries.RunAsync(context, () => WriteLock.BeginAsync(
                context,
                () => isolation == IsolationLevel.Unspecified
                    ? context.Database.BeginTransactionAsync(cancellationToken)
                    : context.Database.BeginTransactionAsync(isolation, cancellationToken),
                cancellationToken));
            return new DbContextTransaction<TContext>(scope, context, created is not null, transaction);
        }
        catch
        {
            await (created?.DisposeAsync() ?? ValueTask.CompletedTask);
            await scope.DisposeAsync();
            throw;
        }
    }

    public Task<T> RunAsync<T>(Func<TContext, Task<T>> body) => NoRetries.RunAsync(Context, () => body(Context));

    /// <exception cref="IOException">The connection was lost, and Entity Framework has passed over it.</exception>
    public override async Task FlushAsync(CancellationToken cancellationToken)
    {
        ThrowIfLost(); // Saving opens another connection for it.
        await NoRetries.RunAsync(Context, () => Context.SaveChangesAsync(cancellationToken));
        ThrowIfLost();
    }

    public override Task CommitAsync(CancellationToken cancellationToken) =>
        _transaction.CommitAsync(cancellationToken);

    public override async ValueTask DisposeAsync()
    {
        try
        {
            await _transaction.DisposeAsync();
        }
        finally
        {
            try
            {
                await (_owned ? Context.DisposeAsync() : ValueTask.CompletedTask);
            }
            finally
            {
                await _scope.DisposeAsync();
            }
        }
    }

    /// <summary>
    /// Entity Framework passes over the loss where SaveChanges only releases a savepoint. A body that ends the
    /// transaction itself leaves another state.
    /// </summary>
    private void ThrowIfLost()
    {
        if (Context.Database.GetDbConnection().State != ConnectionState.Open
            && ReferenceEquals(Context.Database.CurrentTransaction, _transaction))
        {
            throw new IOException(
                "The connection of the step's transaction was lost, and with it what the body had written. Nothing was "
                + "committed.");
        }
    }
}
