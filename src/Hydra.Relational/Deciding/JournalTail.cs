namespace Hydra.Relational.Deciding;

/// <summary>
/// The end of an execution's journal, as far as decisions need it: which seqs are there, and under which epochs.
/// </summary>
internal sealed class JournalTail
{
    private readonly Dictionary<long, long> _epochs = [];

    /// <summary>The last seq; -1 when no entry is known.</summary>
    public long LastSeq { get; private set; } = -1;

    /// <summary>When the last entry was delivered.</summary>
    public Instant LastAt { get; private set; }

    /// <summary>Takes down an entry that is there, or that this transaction appends.</summary>
    public void Note(long seq, long epoch, Instant at)
    {
        _epochs[seq] = epoch;
        if (seq > LastSeq)
        {
            LastSeq = seq;
            LastAt = at;
        }
    }

    /// <returns>The epoch that wrote an entry, or null when it is not there.</returns>
    public long? EpochOf(long seq) => _epochs.TryGetValue(seq, out var epoch) ? epoch : null;
}
