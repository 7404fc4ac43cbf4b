namespace Hydra;

/// <summary>A durable workflow without an output.</summary>
/// <typeparam name="TInput">What an execution is started with.</typeparam>
public interface IWorkflow<TInput> : IWorkflow<TInput, Nothing>
{
    /// <summary>Runs the workflow.</summary>
    /// <param name="context">The durable calls, the time and the cancellation of this execution.</param>
    /// <param name="input">What the execution was started with.</param>
    new Task RunAsync(WorkflowContext context, TInput input);

    async Task<Nothing> IWorkflow<TInput, Nothing>.RunAsync(WorkflowContext context, TInput input)
    {
        await RunAsync(context, input);
        return default;
    }
}
