namespace Hydra;

/// <summary>Starts executions that a context saves with its own entities, in one transaction.</summary>
/// <remarks>
/// A start is added to the context and becomes true when the context's own SaveChanges, and the transaction around it
/// if there is one, is committed; until then it is nowhere, and when the context is dropped it never was. A delay
/// counts from the call. As safe from several threads as the context is: not at all.
/// </remarks>
public interface ISaveChangesClient
{
    /// <summary>Addresses a registered workflow class, to be started by SaveChanges.</summary>
    /// <typeparam name="TWorkflow">The class.</typeparam>
    /// <exception cref="UnknownWorkflowException">The class is not registered.</exception>
    IWorkflowClient<TWorkflow> Workflow<TWorkflow>() where TWorkflow : class, IWorkflow;

    /// <summary>Addresses a workflow by its durable name, to be started by SaveChanges.</summary>
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
    /// <param name="options">How it is started. A delay counts from this call.</param>
    /// <param name="cancellationToken">Gives up; nothing is added then.</param>
    /// <returns>A handle, of use once the context has been saved.</returns>
    /// <exception cref="ArgumentException">
    /// A name, key or option is not allowed; or the context is of another database than the engine's, or has another
    /// SQLite file attached; or a query is still being read over its connection, which has to be asked who has the key
    /// in the open transaction.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// The context's model has no mapping, or one to other tables; the message says what to do.
    /// </exception>
    /// <exception cref="PayloadException">The input is over the limit.</exception>
    /// <exception cref="StartConflictException">The key is taken by other work.</exception>
    /// <exception cref="StoreException">The engine's database could not be asked.</exception>
    /// <exception cref="System.Data.Common.DbException">The context's connection could not be asked.</exception>
    Task<ExecutionHandle> StartAsync(
        string workflow, Payload input, StartOptions? options = null, CancellationToken cancellationToken = default);
}
