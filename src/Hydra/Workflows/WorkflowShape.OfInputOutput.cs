using Hydra.Engine;

namespace Hydra;

/// <summary>The shape that <see cref="IWorkflow{TInput, TOutput}"/> gives to every class that implements it.</summary>
internal sealed class WorkflowShape<TInput, TOutput> : WorkflowShape
{
    internal override WorkflowDefinition Define(
        string name, WorkflowOptions options, Guid module, Func<IServiceProvider, object> create) =>
        new WorkflowDefinition<TInput, TOutput>(name, options, module, (services, context, input) =>
            ((IWorkflow<TInput, TOutput>)create(services)).RunAsync(context, input));
}
