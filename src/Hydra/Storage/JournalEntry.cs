namespace Hydra.Storage;

/// <summary>One row of an execution's journal: a delivered outcome, written once and never changed.</summary>
public sealed record JournalEntry
{
    /// <summary>Its place: 0 is the input, then gap-free in the order of delivery.</summary>
    public required long Seq { get; init; }

    /// <summary>What it records.</summary>
    public required EntryKind Kind { get; init; }

    /// <summary>
    /// The key of the call it answers; empty for what answers no call. On the input it is the trace that the start
    /// belongs to: a traceparent of W3C, and behind a space its tracestate; empty for a start in no trace.
    /// </summary>
    public string Key { get; init; } = "";

    /// <summary>How many outcomes had been delivered when the call was issued.</summary>
    public int Position { get; init; }

    /// <summary>The ordinal of the call among those issued at that position.</summary>
    public int Ordinal { get; init; }

    /// <summary>Whether the outcome is a failure; the output then holds a <see cref="Failure"/>.</summary>
    public bool Failed { get; init; }

    /// <summary>What the call was given.</summary>
    public Payload Input { get; init; }

    /// <summary>What came of it.</summary>
    public Payload Output { get; init; }

    /// <summary>When it was delivered, by the database's clock; never earlier than the entry before it.</summary>
    public required Instant At { get; init; }

    /// <summary>When the body that made it began; the same as <see cref="At"/> where there is none.</summary>
    public Instant StartedAt { get; init; }

    /// <summary>
    /// The number of the step's attempt that made it, from 1; on the entries around attempts of the execution theirs.
    /// </summary>
    public int Attempt { get; init; }

    /// <summary>The epoch under which it was written.</summary>
    public required long Epoch { get; init; }

    /// <summary>
    /// For a result that an earlier attempt left behind and that is delivered again: the seq it had. On the input: the
    /// timeout that the execution was started with, in microseconds. 0 otherwise.
    /// </summary>
    public long OriginSeq { get; init; }

    /// <summary>The configured name of the worker that wrote it; empty when a client or the store did.</summary>
    public string Worker { get; init; } = "";

    /// <summary>
    /// On an input: the timeout of the execution, from when it is first due on; null where none is told.
    /// </summary>
    internal TimeSpan? Timeout =>
        Kind == EntryKind.Input && OriginSeq is > 0 and <= long.MaxValue / TimeSpan.TicksPerMicrosecond
            ? new TimeSpan(OriginSeq * TimeSpan.TicksPerMicrosecond)
            : null;

    /// <summary>Whether it is the result of an earlier attempt, delivered again.</summary>
    internal bool IsRedelivered => OriginSeq != 0 && Kind != EntryKind.Input;

    /// <summary>On an input that was decoded: the key of the subject whose data the execution has.</summary>
    internal SubjectKey? Subject { get; init; }

    /// <summary>Roughly how many bytes the entry takes, for the bounds of batches and claims.</summary>
    public int Size => 96 + Key.Length + Worker.Length + Input.Length + Output.Length;
}
