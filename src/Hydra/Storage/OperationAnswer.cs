namespace Hydra.Storage;

/// <summary>The answer to one operation of a batch.</summary>
public readonly record struct OperationAnswer
{
    /// <summary>What became of the operation.</summary>
    public required AnswerKind Kind { get; init; }

    /// <summary>The execution: for a start with a key that is taken, the one that has it.</summary>
    public ExecutionId Id { get; init; }

    /// <summary>For a start: whether the session that it named owns the execution now, at epoch 1.</summary>
    public bool Owned { get; init; }

    /// <summary>
    /// For a start: when the execution is first due, which for a direct start is when its attempt began.
    /// </summary>
    public Instant DueAt { get; init; }

    /// <summary>For an advance: the mail count under the lock.</summary>
    public long Mail { get; init; }

    /// <summary>For an advance: what has been asked from outside and not been delivered.</summary>
    public ExecutionRequests Requests { get; init; }

    /// <summary>
    /// The state of the execution after the operation. Where a start has found it there already, the state at some
    /// moment behind that: it may have moved on meanwhile, also by what else the batch holds.
    /// </summary>
    public ExecutionState State { get; init; }
}
