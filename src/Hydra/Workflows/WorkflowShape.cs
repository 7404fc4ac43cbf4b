using Hydra.Engine;

namespace Hydra;

/// <summary>
/// The input and output types of a workflow, as the engine uses them to register it without reflection.
/// </summary>
public abstract class WorkflowShape
{
    private protected WorkflowShape()
    {
    }

    internal abstract WorkflowDefinition Define(
        string name, WorkflowOptions options, Guid module, Func<IServiceProvider, object> create);
}
