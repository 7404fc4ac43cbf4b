namespace Hydra;

/// <summary>What the builder answers to a registration.</summary>
internal sealed class WorkflowRegistration<TWorkflow>(HydraBuilder builder, string name)
    : IWorkflowRegistration<TWorkflow> where TWorkflow : class
{
    public string Name => name;

    public HydraBuilder Builder => builder;
}
