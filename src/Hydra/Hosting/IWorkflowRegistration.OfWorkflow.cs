namespace Hydra;

/// <summary>
/// A workflow that has been registered; <see cref="WorkflowRegistrationExtensions"/> declares schedules of it, with the
/// type of its input inferred.
/// </summary>
/// <typeparam name="TWorkflow">The workflow class, or the shape of a function.</typeparam>
public interface IWorkflowRegistration<out TWorkflow> : IWorkflowRegistration where TWorkflow : class
{
}
