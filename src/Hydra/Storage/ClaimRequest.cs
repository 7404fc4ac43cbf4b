namespace Hydra.Storage;

/// <summary>A worker's wish for due executions.</summary>
public sealed record ClaimRequest
{
    /// <summary>The session that will own them.</summary>
    public required SessionId Session { get; init; }

    /// <summary>The workflows that it knows; nothing else is touched.</summary>
    public required IReadOnlyList<string> Workflows { get; init; }

    /// <summary>How many it takes at most: its free slots.</summary>
    public required int Limit { get; init; }

    /// <summary>How many of them are chosen by age alone instead of by priority.</summary>
    public int OldestFirst { get; init; }

    /// <summary>
    /// Whether one of them may be a suspect: an execution with two or more crashes since it last got further.
    /// </summary>
    public bool AcceptSuspect { get; init; } = true;

    /// <summary>
    /// Whether it must look at everything that is due. Otherwise a store may pass over what fell due more than five
    /// seconds before a look in which this session did not see it, because its transaction had not committed. A store
    /// that always looks at everything ignores it. The default is true.
    /// </summary>
    public bool Full { get; init; } = true;

    /// <summary>Where the bytes of the answered journals end the claim; one execution is always answered.</summary>
    public long MaxJournalBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>
    /// Answers up to which seq the caller has the journal of an execution, or -1. Entries are written once, so only
    /// later ones are read. It is called from the store's own thread and must not block.
    /// </summary>
    public Func<ExecutionId, long> CachedThrough { get; init; } = static _ => -1;
}
