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

    /// <summary>
    /// Where a fork begins: what stands before it was copied. Its key is the step that the fork goes on from, its input
    /// what the body of that step is given instead, if that was changed; it began when its source did. Workflow code
    /// never sees it. When the outcome of the step was given, that is the next entry.
    /// </summary>
    Forked = 9,
}
