namespace Hydra;

/// <summary>The one thing that an execution waits for, or what it does instead.</summary>
public enum WhyReason
{
    /// <summary>It was started to begin later.</summary>
    StartsLater = 0,

    /// <summary>Its last attempt failed, and the delay before the next is not over.</summary>
    BetweenAttempts = 1,

    /// <summary>A try at a step failed, and the delay before the next is not over.</summary>
    StepRetry = 2,

    /// <summary>Its code sleeps.</summary>
    Sleeping = 3,

    /// <summary>Its code waits for a delivery from outside.</summary>
    Waiting = 4,

    /// <summary>It crashed its workers without getting further, and is delayed for that.</summary>
    AfterCrash = 5,

    /// <summary>It is due, and no worker is live.</summary>
    NoWorker = 6,

    /// <summary>It is due, and no live worker knows its workflow.</summary>
    UnknownWorkflow = 7,

    /// <summary>It is due, and every slot of the workers that know its workflow is taken.</summary>
    NoFreeSlot = 8,

    /// <summary>It is due and suspected of crashing workers, and every worker already runs one such suspect.</summary>
    SuspectTurn = 9,

    /// <summary>It is due, and a worker with a free slot is about to take it.</summary>
    Due = 10,

    /// <summary>A live worker runs it.</summary>
    Running = 11,

    /// <summary>The worker that owned it has lost its lease; another takes it back.</summary>
    OwnerLost = 12,

    /// <summary>The code of every build that tried does not match its journal.</summary>
    Mismatch = 13,

    /// <summary>It crashed its worker again and again without getting further.</summary>
    Quarantined = 14,

    /// <summary>An operator holds it back.</summary>
    Paused = 15,

    /// <summary>It has ended.</summary>
    Ended = 16,

    /// <summary>
    /// It is due, and every live worker that knows its workflow is of a build that has refused it before.
    /// </summary>
    Refused = 17,
}
