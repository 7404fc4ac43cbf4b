namespace Hydra;

/// <summary>What became of a request to cancel.</summary>
public enum CancelOutcome
{
    /// <summary>The execution's code will hear of it at its next turn.</summary>
    Requested = 0,

    /// <summary>It had not begun, or was between attempts, and is cancelled now.</summary>
    Cancelled = 1,

    /// <summary>It had ended before.</summary>
    AlreadyEnded = 2,

    /// <summary>It is blocked; its code will hear of it once a build can run it again.</summary>
    Blocked = 3,
}
