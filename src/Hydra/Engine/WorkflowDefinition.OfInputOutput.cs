namespace Hydra.Engine;

/// <summary>A registered workflow with its types.</summary>
internal sealed class WorkflowDefinition<TInput, TOutput>(
    string name,
    WorkflowOptions options,
    Guid module,
    Func<IServiceProvider, WorkflowContext, TInput, Task<TOutput>> run) : WorkflowDefinition(name, options, module)
{
    public override IReadOnlyList<Type> Types => [typeof(TInput), typeof(TOutput)];

    public override bool HasSameOutput(Payload recorded, Payload today, PayloadSerializer serializer) =>
        serializer.IsSameValue<TOutput>(recorded, today);

    public override async Task<Payload> RunAsync(
        IServiceProvider services, WorkflowContext context, Payload input, PayloadSerializer serializer)
    {
        TInput value;
        try
        {
            value = input.IsNone && typeof(TInput) != typeof(Nothing)
                ? throw new PayloadException(
                    $"The execution was started without an input, but '{Name}' takes one ({typeof(TInput).Name}).")
                : serializer.Read<TInput>(input);
        }
        catch (PayloadException e)
        {
            throw new UnreadableInputException(e);
        }

        var output = await run(services, context, value);
        return serializer.Write(output, "The output of the workflow");
    }
}
