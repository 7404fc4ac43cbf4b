namespace Hydra;

/// <summary>What all workflow classes share; implement <see cref="IWorkflow{TInput, TOutput}"/> instead.</summary>
public interface IWorkflow
{
    /// <summary>The types that go in and out, known without reflection.</summary>
    static abstract WorkflowShape Shape { get; }
}
