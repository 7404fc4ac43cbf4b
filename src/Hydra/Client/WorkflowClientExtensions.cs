namespace Hydra;

/// <summary>Starts workflows. Input and output are inferred from the workflow.</summary>
public static class WorkflowClientExtensions
{
    /// <summary>Starts an execution.</summary>
    /// <typeparam name="TInput">What it is started with.</typeparam>
    /// <typeparam name="TOutput">What it results in.</typeparam>
    /// <param name="workflow">The workflow.</param>
    /// <param name="input">The input.</param>
    /// <param name="options">How it is started.</param>
    /// <param name="cancellationToken">Gives up waiting; the execution may still be started.</param>
    /// <returns>A handle; the execution is durable.</returns>
    /// <exception cref="ArgumentException">A key or option is not allowed.</exception>
    /// <exception cref="PayloadException">The input cannot be serialized or is over the limit.</exception>
    /// <exception cref="StartConflictException">The key is taken by other work.</exception>
    /// <exception cref="StoreException">The database could not take it.</exception>
    public static Task<ExecutionHandle<TOutput>> StartAsync<TInput, TOutput>(
        this IWorkflowClient<IWorkflow<TInput, TOutput>> workflow,
        TInput input,
        StartOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        return Starter(workflow).StartAsync<TInput, TOutput>(input, options, cancellationToken);
    }

    /// <summary>Starts an execution for each of several inputs.</summary>
    /// <remarks>
    /// Within a transaction they are written together, and when one of them cannot be started none is. Otherwise each
    /// is a start of its own, committed in groups: when one fails, others may have been started.
    /// </remarks>
    /// <typeparam name="TInput">What they are started with.</typeparam>
    /// <typeparam name="TOutput">What they result in.</typeparam>
    /// <param name="workflow">The workflow.</param>
    /// <param name="inputs">The inputs.</param>
    /// <param name="options">How the one with an input is started; by default without a key, at once.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The handles, in the order of the inputs.</returns>
    /// <exception cref="ArgumentException">A key or option is not allowed.</exception>
    /// <exception cref="PayloadException">An input cannot be serialized or is over the limit.</exception>
    /// <exception cref="StartConflictException">A key is taken by other work.</exception>
    /// <exception cref="StoreException">The database could not take it.</exception>
    public static Task<IReadOnlyList<ExecutionHandle<TOutput>>> StartAllAsync<TInput, TOutput>(
        this IWorkflowClient<IWorkflow<TInput, TOutput>> workflow,
        IReadOnlyList<TInput> inputs,
        Func<TInput, StartOptions?>? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        return Starter(workflow).StartAllAsync<TInput, TOutput>(inputs, options, cancellationToken);
    }

    private static IWorkflowStarter Starter<TInput, TOutput>(
        IWorkflowClient<IWorkflow<TInput, TOutput>> workflow)
    {
        ArgumentNullException.ThrowIfNull(workflow);
        return workflow as IWorkflowStarter
            ?? throw new ArgumentException("The workflow was not made by Hydra's own client.", nameof(workflow));
    }
}
