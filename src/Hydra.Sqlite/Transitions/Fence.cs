namespace Hydra.Sqlite.Transitions;

/// <summary>What decides about a change of an execution, as it stands under the write lock.</summary>
internal readonly record struct Fence(
    long Number,
    long Epoch,
    SessionId Owner,
    ExecutionState State,
    long SettledEpoch,
    long Mail,
    ExecutionRequests Requests,
    Instant? Deadline,
    bool DeadlineDelivered,
    int Attempt,
    long CrashSeq,
    int BarrenCrashes,
    int SoleSuspectCrashes,
    bool BackingOff,
    bool Began)
{
    /// <summary>The deadline as far as it still wakes or ends the execution: not once its code has been told.</summary>
    public Instant? OpenDeadline => DeadlineDelivered ? null : Deadline;

    /// <summary>Whether nothing of it is in any worker's memory, and its code need not hear of its end.</summary>
    public bool EndsAtOnce => Owner == SessionId.None && (!Began || BackingOff);
}
