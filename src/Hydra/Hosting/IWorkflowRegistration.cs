namespace Hydra;

/// <summary>A workflow that has been registered, and the builder that goes on.</summary>
public interface IWorkflowRegistration
{
    /// <summary>The durable name of the workflow.</summary>
    string Name { get; }

    /// <summary>The builder that it was registered with.</summary>
    HydraBuilder Builder { get; }
}
