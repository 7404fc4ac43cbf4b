namespace Hydra.Storage;

/// <summary>The duties that any worker does for all: everything in it is idempotent, no leader is needed.</summary>
public sealed record MaintenanceRequest
{
    /// <summary>The session that asks; it must be on time itself before it may judge others.</summary>
    public required SessionId Session { get; init; }

    /// <summary>
    /// The build of the caller: what is blocked but was never refused by it becomes due, if the caller's session knows
    /// the workflow. What nobody there could run stays as it is.
    /// </summary>
    public required string Build { get; init; }

    /// <summary>From how many crashes without progress on an execution is delayed and taken for a suspect.</summary>
    public int SuspectAfter { get; init; } = 2;

    /// <summary>The delay of a new suspect, which doubles with each further crash.</summary>
    public TimeSpan SuspectDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest delay of a suspect.</summary>
    public TimeSpan MaxSuspectDelay { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How many crashes as the only suspect of its session quarantine an execution.</summary>
    public int QuarantineAfter { get; init; } = 10;

    /// <summary>
    /// How long a suspended execution past its deadline is left to be claimed before it is ended here.
    /// </summary>
    public TimeSpan DeadlineGrace { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The failure that the terminal entry of a timed-out execution carries.</summary>
    public required Payload TimeoutFailure { get; init; }

    /// <summary>
    /// How many executions are changed at most in one call. It may be more by the suspects of one dead session, which
    /// are released together or not at all: the last of several would be taken for the only one.
    /// </summary>
    public int Limit { get; init; } = 500;
}
