namespace Hydra.Storage;

/// <summary>What is known of the effect of a store call that failed.</summary>
/// <remarks>A write that came too late because another owner has taken over is no error but an answer.</remarks>
public enum StoreErrorKind
{
    /// <summary>It never reached the database: nothing happened, the same call may be made again.</summary>
    NotSent = 0,

    /// <summary>The database undid it: nothing happened, the same call may be made again.</summary>
    RolledBack = 1,

    /// <summary>It may have happened: submit the identical batch again, which answers what became of it.</summary>
    InDoubt = 2,

    /// <summary>
    /// Nothing happened, and nothing will however often it is repeated: the data or the schema is at fault.
    /// </summary>
    Deterministic = 3,

    /// <summary>Nothing happened, and the database needs help first: full, read-only, missing or too new.</summary>
    Unavailable = 4,
}
