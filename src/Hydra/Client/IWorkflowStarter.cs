namespace Hydra;

/// <summary>Starts executions of one workflow, each for itself or within a transaction.</summary>
internal interface IWorkflowStarter
{
    Task<ExecutionHandle<TOutput>> StartAsync<TInput, TOutput>(
        TInput input, StartOptions? options, CancellationToken cancellationToken);

    Task<IReadOnlyList<ExecutionHandle<TOutput>>> StartAllAsync<TInput, TOutput>(
        IReadOnlyList<TInput> inputs, Func<TInput, StartOptions?>? options, CancellationToken cancellationToken);
}
