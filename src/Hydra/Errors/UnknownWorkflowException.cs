namespace Hydra;

/// <summary>A workflow was named that this engine has not registered.</summary>
/// <param name="workflow">The name that was asked for.</param>
/// <param name="registered">The names that are registered.</param>
public sealed class UnknownWorkflowException(string workflow, IReadOnlyCollection<string> registered) : HydraException(
    $"No workflow '{workflow}' is registered here. "
    + (registered.Count == 0 ? "None is: call AddWorkflow." : $"Registered: {string.Join(", ", registered)}."))
{
    /// <summary>The name that was asked for.</summary>
    public string Workflow { get; } = workflow;
}
