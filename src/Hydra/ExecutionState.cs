namespace Hydra;

/// <summary>Where an execution stands in its life. The last four are terminal and never change again.</summary>
public enum ExecutionState
{
    /// <summary>
    /// Due now or later, and owned by no worker: new, backing off before its next attempt, or handed back.
    /// </summary>
    Pending = 0,

    /// <summary>Owned by a worker that runs it.</summary>
    Running = 1,

    /// <summary>Suspended until a time; it holds no slot and no memory.</summary>
    Sleeping = 2,

    /// <summary>Suspended until something is delivered to it.</summary>
    Waiting = 3,

    /// <summary>Held back by an operator until it is resumed.</summary>
    Paused = 4,

    /// <summary>Quarantined after repeated crashes, or refused by every build that has tried to replay it.</summary>
    Blocked = 5,

    /// <summary>Ended with its output.</summary>
    Completed = 6,

    /// <summary>Ended with a failure after its last attempt.</summary>
    Failed = 7,

    /// <summary>Ended because it was cancelled.</summary>
    Cancelled = 8,

    /// <summary>Ended because its timeout had passed.</summary>
    TimedOut = 9,
}
