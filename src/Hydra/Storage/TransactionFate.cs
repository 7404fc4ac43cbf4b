namespace Hydra.Storage;

/// <summary>What an error tells of the transaction in which it came up.</summary>
public enum TransactionFate
{
    /// <summary>Nothing: it may have been committed, if that had been asked for.</summary>
    Unknown = 0,

    /// <summary>The database has undone it, or will.</summary>
    Undone = 1,

    /// <summary>
    /// The same, for the sake of another transaction: a deadlock, a conflict of serializable ones, a lock that was
    /// waited for too long. Begun anew it may well succeed.
    /// </summary>
    WorthRepeating = 2,
}
