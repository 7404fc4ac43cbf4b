namespace Hydra;

/// <summary>What came of replaying an execution with today's code.</summary>
public enum ReplayVerdict
{
    /// <summary>The code made every call that is recorded, and stands or ends where the execution does.</summary>
    Matches = 0,

    /// <summary>The code calls something else, gives a step another input, or ends otherwise.</summary>
    Differs = 1,

    /// <summary>The code cannot read a value that is recorded, or the record itself.</summary>
    Unreadable = 2,

    /// <summary>The code did not come back in time: an endless loop, or work outside of a step.</summary>
    NeverYields = 3,

    /// <summary>The code could not be begun, such as for want of a service that its class needs.</summary>
    CannotRun = 4,

    /// <summary>No workflow of this name is registered here.</summary>
    UnknownWorkflow = 5,
}
