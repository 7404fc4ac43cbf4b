namespace Hydra;

/// <summary>
/// What becomes of the instants of a schedule that were missed: over a minute late, because no worker was there or the
/// database was not, or fallen in the time of a pause.
/// </summary>
public enum CatchUpPolicy
{
    /// <summary>The last of them starts its execution, unless a later one is due that was not missed.</summary>
    Last = 0,

    /// <summary>None of them does.</summary>
    Skip = 1,

    /// <summary>All of them do that are not older than the schedule's window.</summary>
    All = 2,
}
