namespace Hydra.Storage;

/// <summary>
/// The narrow row of an execution: who owns it, when it is due, how it stands. It carries no payload.
/// </summary>
public sealed record ExecutionRow
{
    /// <summary>The execution.</summary>
    public required ExecutionId Id { get; init; }

    /// <summary>The durable name of its workflow.</summary>
    public required string Workflow { get; init; }

    /// <summary>The idempotency key it was started with; null when there is none.</summary>
    public string? Key { get; init; }

    /// <summary>How it stands.</summary>
    public required ExecutionState State { get; init; }

    /// <summary>Which of several due executions goes first.</summary>
    public ExecutionPriority Priority { get; init; } = ExecutionPriority.Normal;

    /// <summary>The fencing number: one higher at every claim and at every release from a dead worker.</summary>
    public long Epoch { get; init; }

    /// <summary>The epoch whose owner settled it last; 0 when none has.</summary>
    public long SettledEpoch { get; init; }

    /// <summary>The session that owns it; none when nobody does.</summary>
    public SessionId Owner { get; init; }

    /// <summary>
    /// When it may be claimed; never while it waits for no time; without meaning while it is owned or terminal.
    /// </summary>
    public Instant DueAt { get; init; }

    /// <summary>When its timeout passes; null when it has none.</summary>
    public Instant? Deadline { get; init; }

    /// <summary>The attempt it is in, from 1.</summary>
    public int Attempt { get; init; } = 1;

    /// <summary>How many attempts it has in all.</summary>
    public int MaxAttempts { get; init; }

    /// <summary>
    /// The delay before its second attempt, which grows from there; also of its steps where they set none.
    /// </summary>
    public TimeSpan RetryBackoff { get; init; }

    /// <summary>The last seq of its journal as of the last settlement or release.</summary>
    public long LastSeq { get; init; }

    /// <summary>
    /// The key of what it waited for first when it was last suspended, such as "sleep#2" or the step that is to be
    /// tried again; for people only, and without meaning unless it is sleeping or waiting.
    /// </summary>
    public string WaitsFor { get; init; } = "";

    /// <summary>How many deliveries from outside it has had; suspending is refused when it has moved.</summary>
    public long Mail { get; init; }

    /// <summary>What was asked from outside and not yet delivered to its code.</summary>
    public ExecutionRequests Requests { get; init; }

    /// <summary>How many crashes it has had in all.</summary>
    public int Crashes { get; init; }

    /// <summary>How many crashes since it last got further; from the second on it is a suspect.</summary>
    public int BarrenCrashes { get; init; }

    /// <summary>How many of those it had as its session's only suspect.</summary>
    public int SoleSuspectCrashes { get; init; }

    /// <summary>Why it is blocked.</summary>
    public BlockedReason BlockedReason { get; init; }

    /// <summary>The hash of its input in hexadecimal, which a later start with the same key must match.</summary>
    public string InputHash { get; init; } = "";

    /// <summary>When it was started by a client.</summary>
    public Instant CreatedAt { get; init; }

    /// <summary>When its first attempt began; null before that.</summary>
    public Instant? StartedAt { get; init; }

    /// <summary>When it ended; null before that.</summary>
    public Instant? FinishedAt { get; init; }
}
