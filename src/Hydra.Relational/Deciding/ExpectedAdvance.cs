namespace Hydra.Relational.Deciding;

/// <summary>All advances of one execution in a batch, as one, and what has to be so for them to go through.</summary>
internal sealed class ExpectedAdvance(AdvanceOperation first)
{
    private long? _before; // What its first entry follows.
    private long _last; // The seq of its last entry so far.

    public ExecutionId Id => first.Id;

    public long Epoch => first.Epoch;

    /// <summary>The seq of the entry that must be there: what its entries follow, or where it settles.</summary>
    public long? Follows => _before ?? Settlement?.LastSeq;

    /// <summary>Whether the journal must end there, because nothing is appended before it settles.</summary>
    public bool Ends => _before is null && Settlement is not null;

    public Settlement? Settlement { get; private set; }

    /// <summary>The mail that must not have moved; null when it may have.</summary>
    public long? MailSeen => (Settlement as Settlement.Suspended)?.MailSeen;

    /// <summary>Whether nothing may have been asked from outside: a retry that is not put off then.</summary>
    public bool Unasked => Settlement is Settlement.Retry;

    /// <summary>Adds an advance of the same execution.</summary>
    /// <returns>Whether it goes on where the others end, and needs no more than is expected here.</returns>
    public bool TryAdd(AdvanceOperation advance)
    {
        if (Settlement is not null || advance.Epoch != Epoch || advance.Delivered != ExecutionRequests.None
            || advance.Settlement is Settlement.Refused or { LastSeq: Settlement.Unknown })
        {
            return false;
        }

        foreach (var entry in advance.Entries)
        {
            if (entry.Kind == EntryKind.Timeout || (_before is not null && entry.Seq != _last + 1))
            {
                return false;
            }

            _before ??= entry.Seq - 1;
            _last = entry.Seq;
        }

        Settlement = advance.Settlement;
        return Settlement is null || _before is null || Settlement.LastSeq == _last;
    }
}
