using Hydra.Storage;

namespace Hydra.Engine.Replay;

/// <summary>
/// What one execution's entries amount to: the outcomes to replay, the results that an earlier attempt left behind, and
/// what comes next. Folding is pure; the entries themselves are never changed.
/// </summary>
/// <remarks>
/// An attempt that failed cuts the outcomes at the earliest failure it carried. Carried failures are superseded; every
/// other outcome behind the cut has landed: it is delivered again, under a new seq, once its call is issued again.
/// </remarks>
internal sealed class Journal
{
    private readonly List<JournalEntry> _entries = [];
    private readonly List<JournalEntry> _outcomes = [];
    private Dictionary<string, JournalEntry>? _failedBefore; // Made by the first attempt that fails.

    private Dictionary<string, Payload>? _given; // Inputs that forks give to steps, by key.
    private List<JournalEntry>? _landed;
    private Dictionary<long, int>? _foreignsBefore; // By the seq of what has landed.
    private int _foreigns;

    public Journal(IEnumerable<JournalEntry> entries)
    {
        foreach (var entry in entries)
        {
            Append(entry);
        }

        if (_entries.Count == 0 || _entries[0].Kind != EntryKind.Input)
        {
            throw new InvalidOperationException("A journal begins with its input.");
        }
    }

    /// <summary>Every entry as it is stored, superseded ones included.</summary>
    public IReadOnlyList<JournalEntry> Entries => _entries;

    /// <summary>The outcomes of the current attempt, in the order of delivery.</summary>
    public IReadOnlyList<JournalEntry> Outcomes => _outcomes;

    /// <summary>Results that wait to be delivered again, in their old order.</summary>
    public IReadOnlyList<JournalEntry> Landed => _landed ?? (IReadOnlyList<JournalEntry>)[];

    /// <summary>
    /// Whether the next result to be delivered again had been asked for after more foreign continuations than have come
    /// so far: whoever asks for it may still await one.
    /// </summary>
    public bool IsForeignMissing =>
        _landed is { Count: > 0 } && _foreigns < (_foreignsBefore?.GetValueOrDefault(_landed[0].Seq) ?? 0);

    /// <summary>The first entry of a kind that this version does not know, which it must not pass over.</summary>
    public JournalEntry? Unknown { get; private set; }

    /// <summary>Where it was forked, when it was: what stands before that was copied.</summary>
    public JournalEntry? Fork { get; private set; }

    /// <summary>What a fork gives the body of a step instead of what the code does; none where it does not.</summary>
    public Payload GivenInput(string key) => _given?.GetValueOrDefault(key) ?? default;

    /// <summary>The attempt that the outcomes belong to.</summary>
    public int Attempt { get; private set; } = 1;

    /// <summary>Whether the start of that attempt is still to be delivered; the first one's never is.</summary>
    public bool AttemptStartPending { get; private set; }

    /// <summary>Whether a cancellation or a timeout was delivered, after which no further attempt follows.</summary>
    public bool EndDelivered { get; private set; }

    public long LastSeq => _entries.Count == 0 ? -1 : _entries[^1].Seq;

    /// <summary>The time of the last entry, superseded or not: no later one is earlier.</summary>
    public Instant LastTime => _entries[^1].At;

    /// <summary>Roughly how many bytes the entries take.</summary>
    public long Bytes { get; private set; }

    public JournalEntry Input => _entries[0];

    /// <summary>The highest number of a superseded try of a step, from which a new attempt goes on counting.</summary>
    public int TriedBefore(string key) => FailureBefore(key)?.Attempt ?? 0;

    /// <summary>The last superseded failure of a step.</summary>
    public JournalEntry? FailureBefore(string key) => _failedBefore?.GetValueOrDefault(key);

    /// <summary>The seed of an execution is its id, unless its input says otherwise.</summary>
    public ulong SeedOf(ExecutionId id)
    {
        var bytes = Input.Output.IsNone ? id.ToByteArray() : Input.Output.Data.ToArray();
        var seed = 14695981039346656037ul; // FNV-1a: any bytes become 64 well-spread bits.
        foreach (var value in bytes)
        {
            seed = (seed ^ value) * 1099511628211;
        }

        return seed;
    }

    public void Append(JournalEntry entry)
    {
        if (entry.Seq != LastSeq + 1)
        {
            throw new InvalidOperationException($"Seq {entry.Seq} does not follow {LastSeq}.");
        }

        _entries.Add(entry);
        Bytes += entry.Size;
        switch (entry.Kind)
        {
            case EntryKind.Input or EntryKind.Terminal:
                break;
            case EntryKind.Forked:
                Fork = entry;
                if (!entry.Input.IsNone)
                {
                    (_given ??= [])[entry.Key] = entry.Input;
                }

                break;
            case EntryKind.AttemptFailed:
                Cut(EngineJson.ReadAttemptEnd(entry.Input));
                break;
            default:
                Unknown ??= Enum.IsDefined(entry.Kind) ? null : entry;
                AppendOutcome(entry);
                break;
        }
    }

    private void AppendOutcome(JournalEntry entry)
    {
        _outcomes.Add(entry);
        _foreigns += entry.Kind == EntryKind.Foreign ? 1 : 0;
        AttemptStartPending &= entry.Kind != EntryKind.AttemptStarted;
        EndDelivered |= entry.Kind is EntryKind.Cancellation or EntryKind.Timeout;
        if (entry.OriginSeq != 0)
        {
            _landed?.RemoveAll(landed => Origin(landed) == entry.OriginSeq);
        }
    }

    private void Cut(AttemptEnd end)
    {
        var kept = _outcomes.FindIndex(outcome => outcome.Seq >= end.TruncateAt);
        var behind = kept < 0 ? [] : _outcomes.GetRange(kept, _outcomes.Count - kept);
        CountForeigns(behind);
        _outcomes.RemoveRange(_outcomes.Count - behind.Count, behind.Count);
        _foreigns -= behind.Count(static outcome => outcome.Kind == EntryKind.Foreign);
        foreach (var failed in behind.Where(outcome => end.Carried.Contains(outcome.Seq)))
        {
            if (failed.Attempt >= TriedBefore(failed.Key))
            {
                (_failedBefore ??= [])[failed.Key] = failed;
            }
        }

        _landed =
        [
            .. behind.Where(outcome =>
                outcome.Kind is EntryKind.Step or EntryKind.Sleep && !end.Carried.Contains(outcome.Seq)),
            .. Landed,
        ];
        Attempt = end.Attempt + 1;
        AttemptStartPending = true;
    }

    /// <summary>Remembers how many foreign continuations had come when each of the calls was issued.</summary>
    private void CountForeigns(List<JournalEntry> calls)
    {
        if (_foreigns == 0)
        {
            return;
        }

        var before = new int[_outcomes.Count + 1]; // Before each position.
        for (var i = 0; i < _outcomes.Count; i++)
        {
            before[i + 1] = before[i] + (_outcomes[i].Kind == EntryKind.Foreign ? 1 : 0);
        }

        _foreignsBefore ??= [];
        foreach (var call in calls)
        {
            _foreignsBefore[call.Seq] = before[call.Position];
        }
    }

    private static long Origin(JournalEntry entry) => entry.OriginSeq == 0 ? entry.Seq : entry.OriginSeq;
}
