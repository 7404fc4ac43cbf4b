namespace Hydra.Storage;

/// <summary>What a fork has that its source had otherwise.</summary>
[Flags]
public enum ForkEdits
{
    /// <summary>Nothing: the step runs again as it was.</summary>
    None = 0,

    /// <summary>The input of the workflow.</summary>
    WorkflowInput = 1,

    /// <summary>What the step's body is given.</summary>
    StepInput = 2,

    /// <summary>The outcome of the step, whose body does not run.</summary>
    StepOutput = 4,
}
