namespace Hydra.Relational.Deciding;

/// <summary>
/// The end of an execution's journal, as far as decisions need it: which seqs are there, and under which epochs.
/// </summary>
internal sealed class JournalTail
{
    private readonly List<(long Seq, long Epoch)> _known = []; // Few, and what is asked for is mostly behind them.

    /// <summary>The last seq; -1 when no entry is known.</summary>
    public long LastSeq { get; private set; } = -1;

    /// <summary>When the last entry was delivered.</summary>
    public Instant LastAt { get; private set; }

    /// <summary>Takes down an entry that is there, or that this transaction appends.</summary>
    public void Note(long seq, long epoch, Instant at)
    {
        _known.Add((seq, epoch));
        if (seq > LastSeq)
        {
            LastSeq = seq;
            LastAt = at;
        }
    }

    /// <returns>The epoch that wrote an entry, or null when it is not there.</returns>
    public long? EpochOf(long seq)
    {
        for (var i = seq <= LastSeq ? _known.Count - 1 : -1; i >= 0; i--)
        {
            if (_known[i].Seq == seq)
            {
                return _known[i].Epoch;
            }
        }

        return null;
    }
}
