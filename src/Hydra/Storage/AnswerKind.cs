namespace Hydra.Storage;

/// <summary>What became of an operation.</summary>
public enum AnswerKind
{
    /// <summary>The advance is durable.</summary>
    Applied = 0,

    /// <summary>The entries are durable, but mail had moved: the execution is not suspended and still owned.</summary>
    Continue = 1,

    /// <summary>Nothing was written: another owner has taken over, or nobody owns it any more.</summary>
    Fenced = 2,

    /// <summary>The execution was started by this operation.</summary>
    Started = 3,

    /// <summary>An equal start with this key had made the execution that the answer names.</summary>
    Existing = 4,

    /// <summary>The key belongs to the execution that the answer names, which had another workflow or input.</summary>
    Conflict = 5,

    /// <summary>The cancellation will be delivered to the execution's code.</summary>
    Requested = 6,

    /// <summary>The cancellation or termination ended the execution at once.</summary>
    Ended = 7,

    /// <summary>The execution had ended before.</summary>
    AlreadyEnded = 8,

    /// <summary>The execution is blocked: its code gets to hear of the cancellation once it is not.</summary>
    Blocked = 9,

    /// <summary>There is no such execution.</summary>
    NotFound = 10,

    /// <summary>The execution is due now, and no delay of what went wrong holds it back any more.</summary>
    Due = 11,

    /// <summary>Nothing that went wrong holds the execution back; it stays as it is.</summary>
    NothingToRetry = 12,
}
