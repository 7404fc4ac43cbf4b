namespace Hydra.Storage;

/// <summary>What a store can do, declared rather than discovered.</summary>
public sealed record StoreCapabilities
{
    /// <summary>The name of the store in logs and metrics, such as "sqlite".</summary>
    public required string Name { get; init; }

    /// <summary>Whether what is committed survives the end of the process.</summary>
    public bool Durable { get; init; } = true;

    /// <summary>Whether several processes may work on the same data at once.</summary>
    public bool ManyProcesses { get; init; } = true;

    /// <summary>How many batches the store takes at a time with profit, 1 to 4. The default is 1.</summary>
    public int Writers { get; init; } = 1;

    /// <summary>
    /// Whether a start with a key may wait for another's open transaction, so that it needs a writer of its own.
    /// </summary>
    public bool KeyedStartsMayWait { get; init; }

    /// <summary>
    /// Whether claims skip locked rows instead of waiting for them. An optimisation, never needed for safety.
    /// </summary>
    public bool SkipsLockedRows { get; init; }

    /// <summary>
    /// Whether <see cref="IWorkflowStore.WaitForChangeAsync"/> notices the commits of other processes.
    /// </summary>
    public bool NoticesChanges { get; init; }

    /// <summary>
    /// The longest that a call waits for somebody else's lock before it fails, where the store bounds that itself. No
    /// worker opens whose claim timeout is less than twice as long, since its heartbeats wait as well.
    /// </summary>
    public TimeSpan LongestLockWait { get; init; }

    /// <summary>
    /// How many transactions of steps one engine has open at once, at least 1. More wait in line for these to end, so
    /// that they take no connection from the engine's own work. The default is 1.
    /// </summary>
    public int StepTransactions { get; init; } = 1;

    /// <summary>
    /// The largest payload that the store takes, in bytes with its envelope. No engine with a worker opens whose limit
    /// is higher. It may be less once the database has been looked at. The default is 512 MiB.
    /// </summary>
    public int MaxPayloadBytes { get; init; } = 512 * 1024 * 1024;

    /// <summary>
    /// Why it takes no larger ones and what to do, in sentences for the message of an engine that does not open. The
    /// default is null: there is nothing to say.
    /// </summary>
    public string? MaxPayloadHint { get; init; }
}
