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
        ArgumentNullException.ThrowIfNull(workflow);
        return workflow.Client is HydraClient client
            ? client.StartTypedAsync<TInput, TOutput>(workflow.Name, input, options, cancellationToken)
            : throw new ArgumentException("The workflow was not made by Hydra's own client.", nameof(workflow));
    }
}
