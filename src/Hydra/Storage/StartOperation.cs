namespace Hydra.Storage;

/// <summary>Starts an execution.</summary>
/// <remarks>
/// Answers <see cref="AnswerKind.Started"/>, or with a key that is taken <see cref="AnswerKind.Existing"/> when
/// workflow (or an alias of it) and input hash are the same and <see cref="AnswerKind.Conflict"/> when they are not. A
/// start that finds its own execution already there answers Started.
/// </remarks>
public sealed record StartOperation : StoreOperation
{
    /// <summary>The durable name of the workflow.</summary>
    public required string Workflow { get; init; }

    /// <summary>
    /// Other names of the same workflow, under which an execution with the key may have been started.
    /// </summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>
    /// The idempotency key, unique within the namespace; null when there is none. The id of an execution with a key
    /// is of
    /// the shard that <see cref="ExecutionId.ShardOf"/> gives, and a store may look for the key there alone.
    /// </summary>
    public string? Key { get; init; }

    /// <summary>The hash of the input in hexadecimal; where inputs are encrypted it is made with a key.</summary>
    public required string InputHash { get; init; }

    /// <summary>
    /// What the hash may be in the row of an equal start that was made before the key was changed. The default is none.
    /// </summary>
    public IReadOnlyList<string> OlderInputHashes { get; init; } = [];

    /// <summary>
    /// Whether an execution that holds the key was started alike, so that this start is a repetition.
    /// </summary>
    /// <param name="workflow">The holder's workflow.</param>
    /// <param name="inputHash">The holder's hash of its input.</param>
    public bool Repeats(string workflow, string inputHash) =>
        (inputHash == InputHash || OlderInputHashes.Contains(inputHash))
        && (workflow == Workflow || Aliases.Contains(workflow));

    /// <summary>The entry at seq 0; the store stamps its times.</summary>
    public required JournalEntry Input { get; init; }

    /// <summary>Which of several due executions goes first.</summary>
    public ExecutionPriority Priority { get; init; } = ExecutionPriority.Normal;

    /// <summary>
    /// How long after now it is first due; zero for at once. Ignored when <see cref="DueAt"/> is set.
    /// </summary>
    public TimeSpan Delay { get; init; }

    /// <summary>When it is first due; null to go by <see cref="Delay"/>.</summary>
    public Instant? DueAt { get; init; }

    /// <summary>How long after it is first due its timeout passes; null for never.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>How many attempts it has in all.</summary>
    public required int MaxAttempts { get; init; }

    /// <summary>The delay before its second attempt.</summary>
    public required TimeSpan RetryBackoff { get; init; }

    /// <summary>
    /// The session that owns it from the start, at epoch 1 and in state running (a direct start, only for what is due
    /// at once and while that session exists); none to leave it to whoever claims it, at epoch 0.
    /// </summary>
    public SessionId Owner { get; init; }

    /// <summary>Where it comes from; null, as for nearly all, when a caller has simply started it.</summary>
    public Origin? Origin { get; init; }

    /// <summary>
    /// The entries behind its input, from seq 1 on, that it begins with; written as they are. Only what no session owns
    /// from the start may have any.
    /// </summary>
    public IReadOnlyList<JournalEntry> Prefix { get; init; } = [];

    /// <summary>The subject whose data it has, until its key is found.</summary>
    internal string? SubjectName { get; init; }

    /// <summary>
    /// Sets the timeout, also where the journal keeps it: the deadline alone does not tell it of what is first due
    /// later than it is started.
    /// </summary>
    internal StartOperation WithTimeout(TimeSpan? timeout) => this with
    {
        Timeout = timeout,
        Input = Input with { OriginSeq = (timeout?.Ticks ?? 0) / TimeSpan.TicksPerMicrosecond },
    };

    /// <summary>The last seq of the journal that it begins with.</summary>
    public long LastSeq => Prefix.Count;

    /// <inheritdoc/>
    public override int Size =>
        192 + Workflow.Length + (Key?.Length ?? 0) + Input.Size + PrefixSize + (Origin is null ? 0 : 96);

    private int PrefixSize => Prefix.Count == 0 ? 0 : Prefix.Sum(static entry => entry.Size);
}
