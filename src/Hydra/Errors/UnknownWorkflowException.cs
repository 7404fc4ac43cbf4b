namespace Hydra;

/// <summary>A workflow was named that this engine has not registered.</summary>
/// <param name="workflow">The name that was asked for.</param>
/// <param name="registered">The names that are registered.</param>
public sealed class UnknownWorkflowException(string workflow, IReadOnlyCollection<string> registered) : HydraException(
    $"No workflow '{workflow}' is registered here. "
    + (registered.Count == 0 ? "None is. " : $"Registered: {string.Join(", ", registered)}. ")
    + "Register it with AddWorkflow, or start it by its name if another process runs it.")
{
    /// <summary>The name that was asked for.</summary>
    public string Workflow { get; } = workflow;
}
