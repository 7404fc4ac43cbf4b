namespace Hydra.Engine;

/// <summary>A registered workflow: its durable names, its options and how to run it over payloads.</summary>
internal abstract class WorkflowDefinition(string name, WorkflowOptions options, Guid module)
{
    public string Name { get; } = name;

    public WorkflowOptions Options { get; } = options;

    /// <summary>The version id of the module that holds the code, a part of the build's name.</summary>
    public Guid Module { get; } = module;

    /// <summary>The types of its input and output, whose modules are a part of the build's name as well.</summary>
    public abstract IReadOnlyList<Type> Types { get; }

    /// <summary>Refuses callers whose types are not those of the workflow, before anything is started.</summary>
    public void EnsureCalledAs(Type input, Type output)
    {
        var (ownInput, ownOutput) = (Types[0], Types[1]);
        if (!ownInput.IsAssignableFrom(input) || !(output.IsAssignableFrom(ownOutput) || output == typeof(Nothing)))
        {
            throw new ArgumentException(
                $"The workflow '{Name}' of this process takes {ownInput} and gives {ownOutput}, but it was asked for "
                + $"with {input} and {output}. Name its types, or start it with a payload.");
        }
    }

    /// <summary>Whether a recorded output stands for the same value as one of today's code.</summary>
    public abstract bool HasSameOutput(Payload recorded, Payload today, PayloadSerializer serializer);

    /// <summary>Runs the workflow's code; called on the execution's scheduler, stays on it.</summary>
    public abstract Task<Payload> RunAsync(
        IServiceProvider services, WorkflowContext context, Payload input, PayloadSerializer serializer);
}
