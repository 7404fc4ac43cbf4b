namespace Hydra.Relational.Deciding;

/// <summary>An execution's row with the columns that only stores use, as it stands under the row's lock.</summary>
/// <param name="Row">What everybody sees of it.</param>
internal sealed record StoredExecution(ExecutionRow Row)
{
    /// <summary>By which the database's own tables name it; 0 where they go by its id.</summary>
    public long Number { get; init; }

    /// <summary>How far the journal reached at the last crash.</summary>
    public long CrashSeq { get; init; }

    /// <summary>Whether it is between two attempts.</summary>
    public bool BackingOff { get; init; }

    /// <summary>Whether its code knows that the deadline has passed.</summary>
    public bool DeadlineDelivered { get; init; }

    /// <summary>Up to which epoch failed tries of steps make nobody wait.</summary>
    public long RetryEpoch { get; init; }

    /// <summary>The number of the last retry that took effect.</summary>
    public long LastRetry { get; init; }

    /// <summary>The deadline as far as it still wakes or ends the execution: not once its code has been told.</summary>
    public Instant? OpenDeadline => DeadlineDelivered ? null : Row.Deadline;

    /// <summary>Whether nothing of it is in any worker's memory, and its code need not hear of its end.</summary>
    public bool EndsAtOnce => Row.Owner == SessionId.None && (Row.StartedAt is null || BackingOff);

    /// <summary>When it is due: not in the past, and no later than its deadline can be told.</summary>
    public Instant DueAt(Instant now, Instant wake) =>
        Instant.Max(now, Instant.Min(wake, OpenDeadline ?? Instant.Never));
}
