namespace Hydra;

/// <summary>A workflow addressed through a client.</summary>
internal sealed class WorkflowClient<TWorkflow>(string name, HydraClient client) : IWorkflowClient<TWorkflow>
    where TWorkflow : class
{
    public string Name { get; } = name;

    public IHydraClient Client { get; } = client;
}
