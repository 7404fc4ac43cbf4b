namespace Hydra;

/// <summary>Addresses one workflow; <see cref="WorkflowClientExtensions"/> starts it with its types inferred.</summary>
/// <typeparam name="TWorkflow">The workflow class, or the shape of a workflow addressed by name.</typeparam>
public interface IWorkflowClient<out TWorkflow> where TWorkflow : class
{
    /// <summary>The durable name of the workflow.</summary>
    string Name { get; }

    /// <summary>The client that executions are started through.</summary>
    IHydraClient Client { get; }
}
