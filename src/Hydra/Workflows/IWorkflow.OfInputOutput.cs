namespace Hydra;

/// <summary>A durable workflow: ordinary asynchronous code over a context that remembers what is done.</summary>
/// <remarks>
/// The code runs again from its start after every crash, hand-over and sleep; calls on the context then return what
/// they returned before. So everything it does to the world, and everything it learns from it, goes through a step.
/// A new instance is made for every activation, with constructor injection.
/// </remarks>
/// <typeparam name="TInput">What an execution is started with.</typeparam>
/// <typeparam name="TOutput">What it results in.</typeparam>
public interface IWorkflow<TInput, TOutput> : IWorkflow
{
    /// <summary>Runs the workflow.</summary>
    /// <param name="context">The durable calls, the time and the cancellation of this execution.</param>
    /// <param name="input">What the execution was started with.</param>
    /// <returns>The output of the execution.</returns>
    Task<TOutput> RunAsync(WorkflowContext context, TInput input);

    static WorkflowShape IWorkflow.Shape => new WorkflowShape<TInput, TOutput>();
}
