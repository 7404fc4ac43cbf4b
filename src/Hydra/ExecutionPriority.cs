namespace Hydra;

/// <summary>Which of several due executions a worker claims first.</summary>
/// <remarks>One slot in ten goes to the oldest due execution whatever its priority, so nothing starves.</remarks>
public enum ExecutionPriority
{
    /// <summary>Before everything else.</summary>
    Urgent = 0,

    /// <summary>Before normal work.</summary>
    High = 1,

    /// <summary>The default.</summary>
    Normal = 2,

    /// <summary>When nothing else is due.</summary>
    Low = 3,
}
