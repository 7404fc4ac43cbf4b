namespace Hydra.Relational.Deciding;

/// <summary>
/// The end of an execution's journal, as far as decisions need it: which seqs are there, under which epochs and since
/// when.
/// </summary>
internal sealed class JournalTail
{
    // Few, and what is asked for is mostly behind them.
    private readonly List<(long Seq, long Epoch, Instant At)> _known = [];


    /// <summary>The last seq; -1 when no entry is known.</summary>
    public long LastSeq { get; private set; } = -1;

    /// <summary>When the last entry was delivered.</summary>
    public Instant LastAt { get; private set; }

    /// <summary>Takes down an entry that is there, or that this transaction appends.</summary>
    public void Note(long seq, long epoch, Instant at)
    {
        _known.Add((seq, epoch, at));
        if (seq > LastSeq)
        {
            LastSeq = seq;
            LastAt = at;
        }
    }

    /// <returns>The epoch that wrote an entry, or null when it is not there.</returns>
    public long? EpochOf(long seq) => Find(seq)?.Epoch;

    /// <summary>
    /// Whether that very entry is there, and not what another owner has written in its place under the same epoch.
    /// </summary>
    public bool Has(long seq, long epoch, Instant at) => Find(seq) == (epoch, at);

    private (long Epoch, Instant At)? Find(long seq)
    {
        for (var i = seq <= LastSeq ? _known.Count - 1 : -1; i >= 0; i--)
        {
            if (_known[i].Seq == seq)
            {
                return (_known[i].Epoch, _known[i].At);
            }
        }

        return null;
    }
}
