namespace Hydra.Engine;

/// <summary>A registered workflow with its types.</summary>
internal sealed class WorkflowDefinition<TInput, TOutput>(
    string name,
    WorkflowOptions options,
    Guid module,
    Func<IServiceProvider, WorkflowContext, TInput, Task<TOutput>> run) : WorkflowDefinition(name, options, module)
{
    public override async Task<Payload> RunAsync(
        IServiceProvider services, WorkflowContext context, Payload input, PayloadSerializer serializer)
    {
        var output = await run(services, context, serializer.Read<TInput>(input));
        return serializer.Write(output, "The output of the workflow");
    }
}
