namespace Hydra.Storage;

/// <summary>What a journal entry records.</summary>
public enum EntryKind
{
    /// <summary>
    /// The input of the execution, at seq 0. Its output is the seed of random numbers, where that is not the id.
    /// </summary>
    Input = 0,

    /// <summary>The outcome of a step.</summary>
    Step = 1,

    /// <summary>A sleep that is over.</summary>
    Sleep = 2,

    /// <summary>A delivered cancellation.</summary>
    Cancellation = 3,

    /// <summary>A delivered execution timeout.</summary>
    Timeout = 4,

    /// <summary>A continuation that arrived from outside the workflow's scheduler.</summary>
    Foreign = 5,

    /// <summary>
    /// The end of an attempt that is followed by another: what it supersedes. Workflow code never sees it.
    /// </summary>
    AttemptFailed = 6,

    /// <summary>The start of an attempt after the first.</summary>
    AttemptStarted = 7,

    /// <summary>The end of the execution, always its last entry.</summary>
    Terminal = 8,
}
