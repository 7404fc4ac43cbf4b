namespace Hydra;

/// <summary>Starts and cancels executions within one transaction of yours.</summary>
/// <remarks>
/// What is written becomes true when you commit and never when you roll back: no worker sees it before, and none is
/// left behind. When a call throws, nothing of it is in the transaction, which may go on, unless the database itself
/// has ended it (a lost connection, a deadlock). A start with a key, and a cancellation, hold a lock until the
/// transaction ends; keep it short. As safe from several threads as the transaction is: not at all.
/// </remarks>
public interface ITransactionClient
{
    /// <summary>Addresses a registered workflow class, to be started within the transaction.</summary>
    /// <typeparam name="TWorkflow">The class.</typeparam>
    /// <exception cref="UnknownWorkflowException">The class is not registered.</exception>
    IWorkflowClient<TWorkflow> Workflow<TWorkflow>() where TWorkflow : class, IWorkflow;

    /// <summary>Addresses a workflow by its durable name, to be started within the transaction.</summary>
    /// <typeparam name="TInput">What it is started with.</typeparam>
    /// <typeparam name="TOutput">What it results in.</typeparam>
    /// <param name="name">The durable name.</param>
    /// <exception cref="ArgumentException">
    /// The name is empty, too long, or has characters that names may not have; or it is registered in this process and
    /// takes or gives other types.
    /// </exception>
    IWorkflowClient<IWorkflow<TInput, TOutput>> Workflow<TInput, TOutput>(string name);

    /// <summary>Starts a workflow by name with an input that is serialized already.</summary>
    /// <param name="workflow">The durable name.</param>
    /// <param name="input">The input.</param>
    /// <param name="options">How it is started. A delay counts from this call, not from the commit.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>A handle, of use once the transaction has been committed.</returns>
    /// <exception cref="ArgumentException">A name, key or option is not allowed, or the transaction is not.</exception>
    /// <exception cref="PayloadException">The input is over the limit.</exception>
    /// <exception cref="StartConflictException">The key is taken by other work.</exception>
    /// <exception cref="StoreException">The database could not take it.</exception>
    Task<ExecutionHandle> StartAsync(
        string workflow, Payload input, StartOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Asks an execution to stop, once the transaction has been committed.</summary>
    /// <param name="id">The execution; it may have been started in the same transaction.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">The transaction is not allowed.</exception>
    /// <exception cref="ExecutionNotFoundException">There is none with this id.</exception>
    /// <exception cref="StoreException">The database could not take it.</exception>
    Task<CancelOutcome> CancelAsync(ExecutionId id, CancellationToken cancellationToken = default);
}
