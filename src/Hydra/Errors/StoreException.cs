using Hydra.Storage;

namespace Hydra;

/// <summary>A store could not do what it was asked to.</summary>
/// <param name="kind">What is known of the effect.</param>
/// <param name="message">What was wrong and what to do.</param>
/// <param name="inner">The driver's own exception, when there is one.</param>
public sealed class StoreException(StoreErrorKind kind, string message, Exception? inner = null)
    : HydraException(message, inner)
{
    /// <summary>What is known of the effect of the call that failed.</summary>
    public StoreErrorKind Kind { get; } = kind;

    /// <summary>
    /// Whether a lock of somebody else was in the way for too long. Only some of a batch may be behind it; the engine
    /// then submits each execution's operations by themselves. The default is false.
    /// </summary>
    public bool Blocked { get; init; }

    /// <summary>
    /// Whether an operation of an execution's owner was refused because it does not continue the journal that is
    /// stored: the database has lost what it said was durable, as in a failover. The engine reads the journal anew. The
    /// default is false.
    /// </summary>
    public bool JournalDiffers { get; init; }

    /// <summary>
    /// Whether the user of the database has no right to what the call needs. Repeating it does not help before somebody
    /// grants that. The default is false.
    /// </summary>
    public bool Denied { get; init; }

    /// <summary>Whether it is about the key of a subject, not about what was asked for.</summary>
    internal bool IsAboutKey { get; set; }
}
