namespace Hydra.Engine;

/// <summary>
/// A mistake of the engine's own that is made on purpose, to see that the tests find it. In production there is none.
/// </summary>
internal enum PlantedFault
{
    None,

    /// <summary>Bodies start before what led to them is durable.</summary>
    NoBarrier,

    /// <summary>The next try of a step begins before the failure of the last is durable.</summary>
    TryNotDurable,

    /// <summary>A body that begins at most once does so before that is durable.</summary>
    BeginNotDurable,

    /// <summary>A commit in doubt counts as undone.</summary>
    DoubtForFailure,

    /// <summary>A writer goes on with nothing while one of its operations is behind a lock of somebody else.</summary>
    BlockedStalls,
}
