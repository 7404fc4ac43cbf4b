using System.Data;
using Hydra.EntityFrameworkCore.Steps;
using Microsoft.EntityFrameworkCore;

namespace Hydra;

/// <summary>Steps whose bodies write with a context of Entity Framework Core.</summary>
public static class HydraWorkflowContextExtensions
{
    /// <summary>
    /// Runs a step in a transaction of a context: what its body saves and the step's output are committed together,
    /// exactly once.
    /// </summary>
    /// <remarks>
    /// The context comes from the services (AddDbContext or AddDbContextFactory), a new one for each try, with its
    /// transaction open. What the body leaves unsaved is saved after it. The result is written last, and only while
    /// this worker owns the execution. A commit whose answer is lost is looked into before anything else is tried:
    /// strategies of the context's (EnableRetryOnFailure) repeat nothing here. The body may begin again when nothing of
    /// it has been committed; what it does outside the transaction may happen more than once. It must not end the
    /// transaction.
    /// </remarks>
    /// <typeparam name="TContext">The context, of the database that the engine is in.</typeparam>
    /// <typeparam name="TInput">What the step is given.</typeparam>
    /// <typeparam name="TOutput">What it results in.</typeparam>
    /// <param name="workflow">The context of the workflow.</param>
    /// <param name="name">Its name, up to 200 characters without '#' and control characters.</param>
    /// <param name="input">Its input, serialized when the call is made.</param>
    /// <param name="body">
    /// The work. Its token fires on timeout, cancellation, shutdown and loss of the lease, and the transaction is
    /// undone then.
    /// </param>
    /// <param name="options">How it is identified, isolated, timed and tried again.</param>
    /// <param name="cancellationToken">A token of the workflow's own that withdraws the call.</param>
    /// <exception cref="StepFailedException">The last try failed; nothing of it has been committed.</exception>
    /// <exception cref="OperationCanceledException">
    /// The execution was cancelled, timed out, or the call was withdrawn.
    /// </exception>
    /// <exception cref="PayloadException">The input cannot be serialized or is over the limit.</exception>
    /// <exception cref="NotSupportedException">The engine's store is in no database with transactions.</exception>
    /// <exception cref="ArgumentException">
    /// The name or key is not allowed, the key was used before, or an option is out of range.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// It was called outside the workflow's own code, or as many calls are outstanding as there may be.
    /// </exception>
    public static Task<TOutput> TransactionAsync<TContext, TInput, TOutput>(
        this WorkflowContext workflow,
        string name,
        TInput input,
        Func<TContext, TInput, CancellationToken, Task<TOutput>> body,
        TransactionOptions? options = null,
        CancellationToken cancellationToken = default)
        where TContext : DbContext
    {
        ArgumentNullException.ThrowIfNull(workflow);
        ArgumentNullException.ThrowIfNull(body);
        var isolation = options?.Isolation ?? IsolationLevel.Unspecified;
        return workflow.TransactionAsync<DbContextTransaction<TContext>, TInput, TOutput>(
            name,
            input,
            (services, token) => DbContextTransaction<TContext>.BeginAsync(services, isolation, token),
            (transaction, value, token) => transaction.RunAsync(context => body(context, value, token)),
            options is null ? null : options with { Isolation = IsolationLevel.Unspecified },
            cancellationToken);
    }
}
